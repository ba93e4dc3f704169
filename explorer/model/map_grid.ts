import type { LineState } from "@tdx/core";
import { KEYS } from "@tdx/litmus";
import type { MapState } from "./state_map.ts";
import { copyWords, memoryWords } from "./state_words.ts";

/** The states with one memory image, as a table: the TD's copy across, the others down. */
export interface MapPanel {
  /** The memory image in words. */
  readonly memory: string;
  /** The TD's copies, in words. */
  readonly columns: readonly string[];
  /** The copies under every other KeyID, in words. */
  readonly rows: readonly string[];
  /** The states by row and column; `undefined` where none is reachable. */
  readonly cells: readonly (readonly (MapState | undefined)[])[];
}

/** Sorts states into one table for each memory image. */
export function mapPanels(states: Iterable<MapState>): readonly MapPanel[] {
  const panels = new Map<string, MapState[]>();
  for (const state of states) {
    const memory = memoryName(state.state);
    const panel = panels.get(memory);
    if (panel === undefined) panels.set(memory, [state]);
    else panel.push(state);
  }
  return [...panels].map(([memory, members]) => {
    const columns = distinct(members.map(({ state }) => columnOf(state)));
    const rows = distinct(members.map(({ state }) => rowOf(state)));
    const byPlace = new Map(members.map((m) => [`${rowOf(m.state)}|${columnOf(m.state)}`, m]));
    const cells = rows.map((row) => columns.map((column) => byPlace.get(`${row}|${column}`)));
    return { memory, columns, rows, cells };
  });
}

/** Whether a state is in the table of a memory image. */
export function memoryName({ memory }: LineState): string {
  const mac = memory.macMatches ? ", MAC fits" : "";
  return `${memoryWords(memory)}, TD owner ${memory.owner}${mac}`;
}

function columnOf({ copies }: LineState): string {
  return copyWords(copies.find(({ keyId }) => keyId === KEYS.td.keyId));
}

function rowOf({ copies }: LineState): string {
  const others = copies.filter(({ keyId }) => keyId !== KEYS.td.keyId);
  if (others.length === 0) return "none";
  return others.map((copy) => `${copyWords(copy)} (${copy.keyId})`).join("; ");
}

/** "none" first, the rest by the alphabet: the same place in every table. */
function distinct(words: readonly string[]): readonly string[] {
  const rank = (word: string) => word === "none" ? "" : word;
  return [...new Set(words)].sort((a, b) => rank(a) < rank(b) ? -1 : 1);
}
