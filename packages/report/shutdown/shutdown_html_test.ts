import { assertEquals } from "@std/assert";
import { assertSelfContained, ORIGIN, read, table, text } from "../fixtures_test.ts";
import { shutdownHtml } from "./shutdown_html.tsx";

const exactly = (figure: number) => ({ low: figure, high: figure });
const range = (low: number, high: number) => ({ low, high });
const HTML = shutdownHtml({
  origin: ORIGIN,
  shutdowns: [{
    name: "a <b>.txt",
    headline: "3 s, most of it in remove: 75%",
    phases: [
      {
        phase: "remove",
        calls: 2048,
        seconds: exactly(2.25),
        share: exactly(0.75),
        nsPerPage: exactly(1100),
      },
      {
        phase: "clear",
        calls: 3,
        seconds: range(0.25, 0.5),
        share: range(0.08, 0.17),
        nsPerPage: range(400, 800),
      },
      {
        phase: "everything else",
        calls: 0,
        seconds: exactly(0.25),
        share: exactly(0.08),
        nsPerPage: null,
      },
    ],
    notes: ["Refused: 1", " TDH.MEM.TRACK: OPERAND_BUSY"],
  }, {
    name: "b.txt",
    headline: "1 s",
    phases: [],
    notes: [],
  }],
});

Deno.test("shutdownHtml() says where the time of each shutdown went, with units", () => {
  assertSelfContained(HTML);
  const page = read(HTML);
  assertEquals([...page.querySelectorAll(".lead li")].map(text), [
    "a <b>.txt: 3 s, most of it in remove: 75%",
    "b.txt: 1 s",
  ]);
  const chapters = ["shutdown-1", "shutdown-2"].map((id) => page.getElementById(id));
  assertEquals(chapters.map((chapter) => text(chapter!.querySelector("h2"))), [
    "a <b>.txt",
    "b.txt",
  ]);
  const [first] = chapters;
  assertEquals(table(first as unknown as Document, "Phases"), [
    ["Phase", "Calls", "Seconds", "Share", "µs a page"],
    ["remove", "2,048", "2.25", "75%", "1.1"],
    ["clear", "3", "0.25–0.5", "8–17%", "0.4–0.8"],
    ["everything else", "", "0.25", "8%", ""],
  ]);
  const notes = [...first!.querySelectorAll("p")];
  assertEquals(notes.map((note) => [text(note), note.getAttribute("class") ?? ""]), [
    ["Refused: 1", ""],
    ["TDH.MEM.TRACK: OPERAND_BUSY", "dim"],
  ]);
});

Deno.test("shutdownHtml() draws a bar to the most that a phase took, and a tick at the least", () => {
  const chart = read(HTML).querySelector("#shutdown-1 svg")!;
  assertEquals(chart.getAttribute("role"), "img");
  assertEquals([...chart.querySelectorAll("g[aria-label]")].length, 0);
  const bars = [...chart.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("width")));
  assertEquals(bars.length, 3);
  // 2.25 s, 0.5 s at most, and 0.25 s, on one scale.
  assertEquals(bars.map((width) => Math.round(width / bars[2]! * 10) / 10), [9, 2, 1]);
  // Where least and most are one there is nothing to mark.
  const ticks = [...chart.querySelectorAll('g[stroke="var(--ink)"] line')];
  assertEquals(ticks.length, 1);
  const middle = chart.querySelectorAll("rect")[1]!;
  const [begin, width] = ["x", "width"].map((name) => Number(middle.getAttribute(name)));
  assertEquals(Number(ticks[0]!.getAttribute("x1")), begin! + width! / 2);
  const words = [...chart.querySelectorAll("text")].map(text);
  for (const label of ["2.25 s, 75%", "0.25–0.5 s, 8–17%", "remove", "seconds"]) {
    assertEquals(words.includes(label), true, `${label} in ${words.join(" | ")}`);
  }
});
