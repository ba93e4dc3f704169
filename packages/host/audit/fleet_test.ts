import { assertEquals, assertLess } from "@std/assert";
import { summarizeFleet } from "./fleet.ts";

const GNR = { formatVersion: 1, platform: "gnr", kernel: "clears-on-erratum", verdict: "fine" };

function lines(...audits: unknown[]): ReadableStream<Uint8Array> {
  return new Blob(audits.map((audit) => `${JSON.stringify(audit)}\n`)).stream();
}

Deno.test("summarizeFleet() groups by platform, kernel and verdict, the worst first", async () => {
  const risk = { ...GNR, platform: "emr", verdict: "at-risk" };
  const { hosts, groups, broken } = await summarizeFleet(lines(
    { ...GNR, host: "a" },
    { ...GNR, platform: "srf" },
    { ...risk, host: "b" },
    { ...GNR, platform: "srf", host: "c" },
  ));
  assertEquals([hosts, broken], [4, 0]);
  assertEquals(groups.map(({ platform, verdict, hosts }) => [platform, verdict, hosts]), [
    ["emr", "at-risk", 1],
    ["srf", "fine", 2],
    ["gnr", "fine", 1],
  ]);
  assertEquals(groups.map(({ examples }) => examples), [["b"], ["c"], ["a"]]);
});

Deno.test("summarizeFleet() names at most three hosts of a group", async () => {
  const audits = ["a", "b", "c", "d"].map((host) => ({ ...GNR, host }));
  const [group] = (await summarizeFleet(lines(...audits))).groups;
  assertEquals([group!.hosts, group!.examples], [4, ["a", "b", "c"]]);
});

Deno.test("summarizeFleet() counts broken lines and says what is wrong with each", async () => {
  const text = [
    JSON.stringify(GNR),
    "",
    "{",
    "\0\x01garbage",
    "[]",
    "null",
    JSON.stringify({ ...GNR, formatVersion: 2 }),
    JSON.stringify({ ...GNR, platform: "Rapids\x1b[2J" }),
    JSON.stringify({ ...GNR, kernel: "sometimes" }),
    JSON.stringify({ ...GNR, verdict: "lost" }),
    JSON.stringify(GNR),
  ].join("\n");
  const { hosts, broken, brokenLines } = await summarizeFleet(new Blob([text]).stream());
  assertEquals([hosts, broken], [2, 8]);
  const object = "Expected an audit as one JSON object, got";
  assertEquals(brokenLines.map(({ line, trouble }) => [line, trouble]), [
    [3, `${object} "{"`],
    [4, `${object} "\\u0000\\u0001garbage"`],
    [5, "Expected formatVersion to be 1, got none"],
    [6, `${object} "null"`],
    [7, "Expected formatVersion to be 1, got 2"],
    [8, 'Expected platform to be a plugin\'s name, got "Rapids\\u001b[2J"'],
    [
      9,
      "Expected kernel to be one of clears-always, clears-on-erratum, no-tdx, unknown, " +
      'got "sometimes"',
    ],
    [
      10,
      "Expected verdict to be one of not-concerned, fine, pays-rightly, pays-needlessly, at-risk, " +
      'unknown, got "lost"',
    ],
  ]);
});

Deno.test("summarizeFleet() takes an audit whose host has no usable name", async () => {
  const { groups } = await summarizeFleet(lines({ ...GNR, host: "a\x1b[2J" }, { ...GNR, host: 7 }));
  assertEquals([groups[0]!.hosts, groups[0]!.examples], [2, []]);
});

Deno.test("summarizeFleet() holds 100,000 hosts in bounded memory", async () => {
  const verdicts = ["fine", "pays-rightly", "pays-needlessly", "at-risk"];
  const checks = Array.from({ length: 12 }, (_, at) => ({ id: `c.${at}`, seen: "x".repeat(300) }));
  const HOSTS = 100_000;
  let most = 0;
  async function* fleet(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < HOSTS; n++) {
      const verdict = verdicts[n % 4];
      const broken = n % 1000 === 999 ? "broken\n" : "";
      const audit = JSON.stringify({ ...GNR, host: `host-${n}`, verdict, checks });
      yield new TextEncoder().encode(`${broken}${audit}\n`);
      if (n % 1000 === 0) most = Math.max(most, Deno.memoryUsage().rss);
    }
  }
  const before = Deno.memoryUsage().rss;
  const { hosts, groups, broken, brokenLines } = await summarizeFleet(fleet());
  assertEquals([hosts, broken, brokenLines.length], [HOSTS, 100, 20]);
  assertEquals(groups.map((group) => group.hosts), [25_000, 25_000, 25_000, 25_000]);
  // All lines together are over 400 MiB.
  assertLess(most - before, 200 * 2 ** 20);
});

Deno.test("summarizeFleet() does not grow with the names of platforms", async () => {
  const audits = Array.from({ length: 1100 }, (_, n) => ({ ...GNR, platform: `p${n}` }));
  const { groups, hosts, broken } = await summarizeFleet(
    lines(...audits, { ...GNR, platform: "p7" }),
  );
  assertEquals([groups.length, hosts, broken], [1000, 1001, 100]);
});
