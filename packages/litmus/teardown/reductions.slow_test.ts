// Each reduction against the same exploration without it, on sizes where that is possible.
import { assert, assertEquals } from "@std/assert";
import { linux } from "@tdx/linux";
import { brokenKinds, type Explored, explorer, NOTHING, ONE, shapes } from "./_fixtures_test.ts";
import { linuxTeardown } from "./linux_teardown.ts";

/** Where all but the lines are, with each state that the line of a page can be in. */
function places({ system, lines }: Explored, page: number) {
  const found = new Set<string>();
  for (let state = 0; state < system.size; state++) {
    const { holder, set } = system.page(state, page);
    for (const element of lines.elements(set)) {
      found.add(`${system.module(state)} ${system.threads(state)} ${holder} ${element}`);
    }
  }
  return found;
}

const ZAP = `TEARDOWN zap
thread zap {
  each page in guest {
    TDH.MEM.RANGE.BLOCK page else { return page next }
    TDH.MEM.TRACK
    kick
    TDH.MEM.PAGE.REMOVE page else { return page next }
    reset page
    return page
    TDH.PHYMEM.PAGE.WBINVD page td
  }
}`;

for (
  const [name, text] of [["zap", ZAP], ["Linux 6.19", linuxTeardown(linux("6.19"), "dynamic")]]
) {
  Deno.test(`a set of states of a line has those that single steps reach: ${name}`, () => {
    const explore = explorer(text!, ONE);
    const how = { faults: 1, busy: 1, symmetry: true };
    const { world } = explore(NOTHING);
    for (const page of [0, world.pages.findIndex(({ kind }) => kind === "tdr")]) {
      const sets = explore({ ...how, followed: [page] });
      const single = explore({ ...how, followed: [page], independence: false });
      assert(single.system.size > sets.system.size);
      assertEquals(places(sets, page), places(single, page));
      assertEquals(sets.broken, single.broken);
      // All lines at once say of each what it says alone.
      assertEquals(places(explore(how), page), places(sets, page));
    }
  });
}

Deno.test("lines do not change one another: two at once are each as it is alone", () => {
  const explore = explorer(ZAP, { ...ONE, pages: 2 });
  const both = explore({ followed: [0, 1], independence: false });
  for (const page of [0, 1]) {
    assertEquals(places(both, page), places(explore({ followed: [page] }), page));
  }
});

for (
  const [size, path] of [
    [{ pages: 1, vcpus: 2, packages: 1 }, "dynamic"],
    [{ pages: 1, vcpus: 1, packages: 3 }, "dynamic"],
    [{ pages: 3, vcpus: 1, packages: 1 }, "terminate"],
  ] as const
) {
  Deno.test(`what is alike may change places: ${JSON.stringify(size)}, ${path}`, () => {
    const explore = explorer(linuxTeardown(linux("6.19"), path), size);
    const all = explore({ busy: 1 });
    const some = explore({ busy: 1, symmetry: true });
    assert(some.system.size < all.system.size);
    assertEquals(shapes(some), shapes(all));
    assertEquals(brokenKinds(some), brokenKinds(all));
  });
}
