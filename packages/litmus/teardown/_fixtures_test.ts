// Explores teardowns on small machines, and says what was seen there.
import { spr } from "@tdx/platform-spr";
import { LineSets } from "./_line_sets.ts";
import { type RawStep, type SystemOptions, TeardownSystem } from "./_system.ts";
import { World, type WorldSize } from "./_world.ts";
import { parseTeardown, programOf } from "./parse_teardown.ts";

/** Nothing goes wrong, and each thing has states of its own, but for the lines. */
export const NOTHING: SystemOptions = {
  faults: 0,
  busy: 0,
  fail: undefined,
  symmetry: false,
  independence: true,
};

/** The smallest machine. */
export const ONE: WorldSize = { pages: 1, vcpus: 1, packages: 1 };

/** What was seen of a teardown. */
export interface Explored {
  readonly system: TeardownSystem;
  readonly world: World;
  readonly lines: LineSets;
  /** What states and steps violate: the property and the number of the page. */
  readonly broken: ReadonlySet<string>;
}

/** All the states of a teardown on one machine; the same world and lines for each of the options. */
export function explorer(
  text: string,
  size: WorldSize,
  Lines: typeof LineSets = LineSets,
): (
  options?: Partial<SystemOptions>,
  visit?: (from: number, to: number, step: RawStep) => void,
) => Explored {
  const program = programOf(parseTeardown(text));
  const world = new World(size, program.dynamicPamt, spr);
  const lines = new Lines([{ platform: spr, mode: "Li" }], world);
  return (options = {}, visit) => {
    const system = new TeardownSystem(world, lines, program, { ...NOTHING, ...options });
    const broken = new Set<string>();
    for (let state = 0; state < system.size; state++) {
      system.violations(state, (property, page) => broken.add(`${property} ${page}`));
      system.expand(state, (to, step) => {
        step.violates.forEach(([property, page]) => broken.add(`${property} ${page}`));
        visit?.(state, to, step);
      });
    }
    return { system, world, lines, broken };
  };
}

/** What a state is, whichever of the things that are alike is which. */
export function shapes({ system, world, lines }: Explored): Set<string> {
  const found = new Set<string>();
  for (let state = 0; state < system.size; state++) {
    const view = world.view(system.module(state));
    const cells = world.pages.map(({ kind }, page) => {
      const { holder, set } = system.page(state, page);
      return `${kind} ${holder} ${lines.elements(set)} ${view.entries[page]}`;
    });
    const pages = world.pages.flatMap(({ vcpu }, page) => vcpu < 0 ? [cells[page]!] : []);
    const vcpus = view.vcpus.map((vcpu, i) =>
      `${vcpu}: ${world.pages.flatMap((page, at) => page.vcpu === i ? [cells[at]!] : []).sort()}`
    );
    found.add(JSON.stringify([
      pages.sort(),
      vcpus.sort(),
      view.packages.toSorted(),
      view.programmed,
      system.isOver(state),
    ]));
  }
  return found;
}

/** The properties that are broken, each with the kind of page that it is about. */
export function brokenKinds({ broken, world }: Explored): Set<string> {
  return new Set([...broken].map((each) => {
    const [property, page] = each.split(" ");
    return `${property} ${world.pages[Number(page)]?.kind}`;
  }));
}
