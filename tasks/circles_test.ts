import { assertEquals } from "@std/assert";
import { circles } from "./circles.ts";

const GRAPHS: readonly (readonly [string, string])[] = [
  ["", ""],
  ["ab bc ac", ""],
  ["ab bc cd db", "bcd"],
  ["aa", "a"],
  ["ab ba cd dc", "ab cd"],
  ["ab ba ac ca", "ab ac"],
];

for (const [edges, expected] of GRAPHS) {
  Deno.test(`circles() of ${edges || "nothing"}: ${expected || "none"}`, () => {
    const imports = Map.groupBy(edges.split(" ").filter(Boolean), (edge) => edge[0]!);
    const graph = new Map([...imports].map(([file, to]) => [file, to.map((edge) => edge[1]!)]));
    assertEquals(circles(graph).map((circle) => circle.join("")).join(" "), expected);
  });
}
