import { assertEquals } from "@std/assert";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import { read, text } from "../fixtures_test.ts";
import { DataTable } from "./data_table.tsx";

/** The rows of each body: element, class and text of every cell. */
function bodies(props: Parameters<typeof DataTable>[0]): string[][] {
  const page = read(renderToString(h(DataTable, props)));
  return [...page.querySelectorAll("tbody")].map((body) =>
    [...body.querySelectorAll("tr")].map((row) =>
      [...row.children].map((cell) =>
        [cell.localName, cell.getAttribute("class") ?? "", text(cell)].filter(Boolean).join(" ")
      ).join(", ")
    )
  );
}

const COLUMNS = [{ name: "Name" }, { name: "Count", number: true }, { name: "Note" }];

Deno.test("DataTable() names a row by its first cell, and sets numbers to the right", () => {
  const rows = [["a", "1", "x"], ["b", "2", "y"]];
  assertEquals(bodies({ caption: "Some", columns: COLUMNS, rows }), [
    ["th a, td number 1, td x", "th b, td number 2, td y"],
  ]);
});

Deno.test("DataTable() has a body for each group under its title, and none for no rows", () => {
  const groups = [{ title: "One", rows: [["a", "1", "x"]] }, { title: "Two", rows: [] }];
  assertEquals(bodies({ caption: "Some", columns: COLUMNS, groups }), [
    ["th group One", "th a, td number 1, td x"],
    ["th group Two"],
  ]);
  assertEquals(bodies({ caption: "Some", columns: COLUMNS }), []);
});
