import { assertEquals } from "@std/assert";
import { runOf } from "@tdx/core";
import { PageAccount } from "./_page_account.ts";

Deno.test("PageAccount counts a page that both have once, and until the TD lets go of it", () => {
  const account = new PageAccount(512);
  // Frames, whose they are now, how many are visited, how many are the host's and the TD's then.
  const steps = [
    [0, 8, "td", 8, 0],
    [0, 10, "both", 10, 10],
    [8, 4, "both", 2, 12],
    [4, 2, "not td", 0, 10],
    [0, 20, "not td", 8 + 2, 0],
  ] as const;
  for (const [frame, count, now, visited, returned] of steps) {
    let pages = 0;
    account.settle(runOf(frame, count), now, (piece) => pages += piece.count);
    assertEquals([pages, account.returned], [visited, returned], `${frame} ${count} ${now}`);
  }
});
