import { decodeStatus, type ModuleSnapshot } from "@tdx/seam";
import type { RuleId } from "@tdx/core";
import { type LineMove, MAY, SEEN } from "./_line_sets.ts";
import type { PropertyId } from "./properties.ts";
import { HOLDER, type RawStep, type TeardownSystem } from "./_system.ts";
import type { World } from "./_world.ts";

/** A violation as the search met it. */
export interface Violation {
  /** The states on the way. */
  readonly path: readonly number[];
  /** Where the step leads that violates the property; -1 where the last state does. */
  readonly to: number;
  /** The page it is about; -1 for none. */
  readonly page: number;
}

/** One step of a counterexample. */
export interface TeardownStep {
  /** Who: a thread of the teardown, a vCPU, the guest, a cache, the host, a device, another TD. */
  readonly by: string;
  /** What it does. */
  readonly what: string;
  /** Name of the status that a SEAMCALL gave, `null` where it is none. */
  readonly status: string | null;
  /** Whether the refusal was injected, not the module's own. */
  readonly injected: boolean;
  /** Rules of the line that fired. */
  readonly rules: readonly RuleId[];
  /** What changed in PAMT, Secure EPT, keys and TD, one sentence each. */
  readonly changes: readonly string[];
  /** The line of the page it is about, where that changed. */
  readonly line: string | null;
  /** Line of the teardown's text, from 1; `null` where the step is not in it. */
  readonly textLine: number | null;
}

/** A shortest way to a violation. */
export interface Counterexample {
  /** What goes wrong in the last step. */
  readonly harm: string;
  /** The page it is about; `null` for none. */
  readonly page: string | null;
  /** Where lines matter: a machine on which it happens. */
  readonly machine: string | null;
  /** The steps. */
  readonly steps: readonly TeardownStep[];
}

/** Finds the steps of a violation, with those of the line that it is about. */
export function counterexample(
  system: TeardownSystem,
  property: PropertyId,
  violation: Violation,
): Counterexample {
  const { path, to, page } = violation;
  const states = to < 0 ? path : [...path, to];
  const raw = states.slice(1).map((next, i) =>
    rawStep(system, states[i]!, next, i === states.length - 2 && to >= 0 ? property : undefined)
  );
  const way = page < 0 ? null : lineWay(system, property, states, raw, page, to >= 0);
  const { world } = system;
  const steps: TeardownStep[] = [];
  states.forEach((state, i) => {
    if (i > 0) steps.push(step(system, raw[i - 1]!, states[i - 1]!, state, way?.after[i] ?? null));
    for (const { move, line } of way?.moves[i] ?? []) {
      steps.push({
        by: move.by,
        what: `${move.what}, ${world.pages[page]!.name}`,
        status: null,
        injected: false,
        rules: move.rules,
        changes: [],
        line,
        textLine: null,
      });
    }
  });
  const name = page < 0 ? null : world.pages[page]!.name;
  return {
    harm: harmOf(system, property, states.at(-1)!, page),
    page: name,
    machine: way?.machine ?? null,
    steps,
  };
}

function rawStep(
  system: TeardownSystem,
  from: number,
  to: number,
  property: PropertyId | undefined,
): RawStep {
  let found: RawStep | undefined;
  system.expand(from, (next, step) => {
    const isIt = next === to &&
      (property === undefined || step.violates.some(([id]) => id === property));
    if (isIt) found ??= step;
  });
  return found!;
}

function step(
  system: TeardownSystem,
  raw: RawStep,
  from: number,
  to: number,
  line: string | null,
): TeardownStep {
  const { world, teardown } = system;
  const text = raw.from === undefined ? null : teardown.text.slice(0, raw.from);
  return {
    by: raw.by,
    what: raw.what,
    status: raw.status === undefined ? null : statusName(raw.status),
    injected: raw.injected ?? false,
    rules: [],
    changes: moduleChanges(world, system.module(from), system.module(to)),
    line,
    textLine: text === null ? null : text.split("\n").length,
  };
}

function statusName(status: bigint): string {
  const { name, operand } = decodeStatus(status);
  return operand === null ? `${name}` : `${name}|${operand}`;
}

function harmOf(
  system: TeardownSystem,
  property: PropertyId,
  state: number,
  page: number,
): string {
  const name = page < 0 ? "" : system.world.pages[page]!.name;
  const view = system.world.view(system.module(state));
  switch (property) {
    case "reach":
      return view.reachable[page]
        ? `The host has ${name}, and a vCPU of the TD still gets at it.`
        : `The host has ${name}, and the module still counts it as in use: ${
          entryText(view.entries[page]!)
        }.`;
    case "dirty":
      return `The host has ${name}, and a private line of it is still dirty in a cache.`;
    case "machine-check":
      return `The host consumes poison in ${name}: a machine check.`;
    case "plaintext":
      return `A plaintext of the TD is read from ${name}.`;
    case "every-page": {
      const { holder } = system.page(state, page);
      return holder === HOLDER.td
        ? `The teardown is over, and ${name} neither came back nor is it reported leaked.`
        : `The teardown deals with ${name} once more, after it gave it away.`;
    }
    case "leak":
      return `${name} is leaked although no SEAMCALL failed that Linux expects to succeed.`;
    case "key-reuse":
      return `The KeyID has a new key, and a line of ${name} is still dirty under it.`;
    case "ends":
      return "From here no step leads to the end of the teardown.";
  }
}

/** A PAMT entry in words: its type, and how the Secure EPT maps it. */
function entryText(entry: string): string {
  const [type, mapping, epoch] = entry.split(" ");
  if (mapping === "null") return `its PAMT entry is ${type}`;
  const since = epoch === "null" ? "" : ` since epoch ${epoch}`;
  return `its PAMT entry is ${type}, its Secure EPT entry ${mapping}${since}`;
}

/** A way of one line along the states, with as few moves as there can be. */
interface LineWay {
  readonly machine: string;
  /** By place on the way: what the line does there, before the next step. */
  readonly moves: readonly (readonly { readonly move: LineMove; readonly line: string }[])[];
  /** By place: the line after the step that led there, where it changed. */
  readonly after: readonly (string | null)[];
}

interface Node {
  readonly element: number;
  readonly cost: number;
  readonly before: Node | null;
  /** The move that led here; `null` for a step of the teardown. */
  readonly move: LineMove | null;
  readonly layer: number;
}

function lineWay(
  system: TeardownSystem,
  property: PropertyId,
  states: readonly number[],
  raw: readonly RawStep[],
  page: number,
  isStep: boolean,
): LineWay | null {
  if (!["dirty", "machine-check", "plaintext", "key-reuse"].includes(property)) return null;
  const { lines, world } = system;
  let layer = new Map<number, Node>();
  for (const element of builtElements(system, page)) {
    layer.set(element, { element, cost: 0, before: null, move: null, layer: 0 });
  }
  const last = states.length - 1 - (isStep ? 1 : 0);
  let best: Node | null = null;
  for (let i = 0; i <= last; i++) {
    const module = system.module(states[i]!);
    const { programmed } = world.view(module);
    const may = system.may(module, page, system.page(states[i]!, page).holder);
    const queue = [...layer.values()].sort((a, b) => a.cost - b.cost);
    const known = new Map(layer);
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at]!;
      if (known.get(node.element) !== node) continue;
      if (i === last && isHarm(system, property, node.element, may)) best = cheaper(best, node);
      for (const move of lines.moves(node.element, may, programmed)) {
        const next = { element: move.to, cost: node.cost + 1, before: node, move, layer: i };
        if (i === last && harmSeen(property) & move.seen) best = cheaper(best, next);
        const there = known.get(move.to);
        if (there !== undefined && there.cost <= next.cost) continue;
        known.set(move.to, next);
        queue.push(next);
      }
    }
    if (i === last) break;
    layer = new Map();
    for (const node of known.values()) {
      const element = applyStep(system, raw[i]!, node.element, page);
      const there = layer.get(element);
      if (there !== undefined && there.cost <= node.cost) continue;
      layer.set(element, { element, cost: node.cost, before: node, move: null, layer: i + 1 });
    }
  }
  return best === null ? null : wayOf(system, best, states.length);
}

function cheaper(best: Node | null, node: Node): Node {
  return best === null || node.cost < best.cost ? node : best;
}

function wayOf({ lines }: TeardownSystem, end: Node, length: number): LineWay {
  const moves: { move: LineMove; line: string }[][] = Array.from({ length }, () => []);
  const after: (string | null)[] = Array(length).fill(null);
  for (let node: Node | null = end; node !== null; node = node.before) {
    const { line } = lines.describe(node.element);
    if (node.move !== null) moves[node.layer]!.unshift({ move: node.move, line });
    else if (node.before !== null && node.before.element !== node.element) after[node.layer] = line;
  }
  const { platform, mode } = lines.describe(end.element).machine;
  return { machine: `${platform.name} ${mode}`, moves, after };
}

function builtElements({ lines, world }: TeardownSystem, page: number): readonly number[] {
  let set = lines.fresh();
  for (const effect of world.built) {
    if (effect.page === page) set = lines.apply(set, effect.operation);
  }
  return lines.elements(set);
}

function applyStep(
  { lines }: TeardownSystem,
  { changes }: RawStep,
  element: number,
  page: number,
): number {
  for (const change of changes) {
    if (change.page !== page && change.page >= 0) continue;
    if ("operation" in change) element = lines.applyTo(element, change.operation);
    else if ("reset" in change) element = lines.resetOne(element, change.reset);
    else element = change.move.to;
  }
  return element;
}

function isHarm(
  { lines, world }: TeardownSystem,
  property: PropertyId,
  element: number,
  may: number,
): boolean {
  if (property === "key-reuse") return lines.dirtyUnder(element, world.key().keyId);
  return property === "dirty" && (may & MAY.host) !== 0 && lines.dirty(element, may) !== 0;
}

function harmSeen(property: PropertyId): number {
  if (property === "machine-check") return SEEN.machineCheck;
  return property === "plaintext" ? SEEN.hostReadsSecret | SEEN.nextReadsSecret : 0;
}

/** What changed in the module between two of its states, one sentence each. */
function moduleChanges(world: World, from: number, to: number): string[] {
  if (from === to) return [];
  const [before, after] = [world.snapshot(from), world.snapshot(to)];
  return [
    ...pageChanges(world, before, after),
    ...tdChanges(world, from, to),
    ...keyChanges(before, after),
  ];
}

function pageChanges(world: World, before: ModuleSnapshot, after: ModuleSnapshot): string[] {
  const [old, now] = [new Map(before.pamt), new Map(after.pamt)];
  return world.pages.flatMap(({ name, pa }) => {
    const [was, is] = [old.get(pa / 4096), now.get(pa / 4096)];
    const changes: string[] = [];
    const [type, next] = [was?.type ?? "NDA", is?.type ?? "NDA"];
    if (type !== next) changes.push(`PAMT: ${name} ${type} to ${next}`);
    if (next === type && was?.mapping !== is?.mapping) {
      const epoch = is?.epoch === null ? "" : ` in epoch ${is?.epoch}`;
      changes.push(
        `Secure EPT: ${name} ${was?.mapping ?? "open"} to ${is?.mapping ?? "open"}${epoch}`,
      );
    }
    return changes;
  });
}

function tdChanges(world: World, from: number, to: number): string[] {
  const [was, is] = [world.td(from), world.td(to)];
  if (was === undefined) return [];
  if (is === undefined) return ["TD: gone"];
  const changes: string[] = [];
  if (was.lifeCycle !== is.lifeCycle) changes.push(`TD: ${was.lifeCycle} to ${is.lifeCycle}`);
  if (was.epoch !== is.epoch) changes.push(`TD: epoch ${was.epoch} to ${is.epoch}`);
  if (was.fatal !== is.fatal) changes.push("TD: fatal");
  const where = ({ lp, enteredAt }: { lp: number | null; enteredAt: number | null }) =>
    enteredAt !== null
      ? `inside since epoch ${enteredAt}`
      : lp === null
      ? "flushed"
      : "outside, associated";
  world.tdvprs.forEach((tdvpr, i) => {
    const vcpuOf = ({ vcpus }: typeof is) => vcpus.find((vcpu) => vcpu.tdvpr === tdvpr);
    const [old, now] = [vcpuOf(was), vcpuOf(is)];
    if (old === undefined || now === undefined || where(old) === where(now)) return;
    changes.push(`vCPU ${i}: ${where(old)} to ${where(now)}`);
  });
  return changes;
}

function keyChanges(before: ModuleSnapshot, after: ModuleSnapshot): string[] {
  const changes: string[] = [];
  for (const { hkid, state, programmed, pending } of after.keys) {
    const was = before.keys.find((key) => key.hkid === hkid);
    if (was === undefined) continue;
    if (was.state !== state) changes.push(`HKID ${hkid}: ${was.state} to ${state}`);
    if (was.programmed !== programmed) {
      changes.push(`HKID ${hkid}: has its key number ${programmed}`);
    }
    if (was.pending.join() !== pending.join()) {
      changes.push(`HKID ${hkid}: packages to write back: ${pending.join(", ") || "none"}`);
    }
  }
  if (before.pairs.length > after.pairs.length) changes.push("Dynamic PAMT: a pair is the host's");
  return changes;
}
