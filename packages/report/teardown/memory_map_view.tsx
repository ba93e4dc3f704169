import { LINES_PER_PAGE, PAGE_BYTES, type Poison, showCount, showSize } from "@tdx/core";
import type { PageFate } from "@tdx/reclaim";
import type { VNode } from "preact";
import { DataTable, Folded } from "../page/data_table.tsx";
import { CELL, markPath, markWidth } from "./cell_shapes.ts";
import { BAD_FATES, type ListedPage, type MemoryMap } from "./map_memory.ts";

const COLUMNS = 32;
const LABEL_EVERY = 4;
/** Room that a character of an address takes beside the rows, and the gap behind it. */
const CHARACTER = 10;
const GAP = 6;

const WORDS: Readonly<Record<PageFate, string>> = {
  retired: "a load in user mode met a machine check, and the host takes the page out of use",
  poisoned: "poison waits in it for the first use",
  leaked: "it was the TD's and did not come back",
  used: "came back, used without a machine check",
  free: "came back, not used yet",
  other: "was not the TD's",
};

/** Pages of one kind, drawn in a map of their own, so that few of them show among many others. */
interface Layer {
  readonly name: string;
  readonly fate: PageFate;
  /** How many of them are in each cell. */
  readonly cells: readonly number[];
}

/** Draws a map for each thing that became of pages, with the first bad pages by address. */
export function MemoryMapView({ map }: { readonly map: MemoryMap }): VNode {
  const layers = layersOf(map);
  const none = BAD_FATES.filter((fate) => map.total[fate] === 0);
  return (
    <>
      <p>
        A map for each thing that became of pages. A cell is {showSize(map.cellBytes)}{" "}
        of host memory; rows run to the right, addresses downwards. A mark says that such pages are
        in it, larger the more they are, on a logarithmic scale.
      </p>
      <div class="maps">
        {layers.map((layer) => <LayerView key={layer.name} layer={layer} map={map} />)}
      </div>
      <p>
        {showCount(map.total.other, "page")} {map.total.other === 1 ? "was" : "were"} not the TD's.
        {none.length === 0 ? "" : ` No page is ${orWords(none)}.`}
      </p>
      <Listed map={map} />
    </>
  );
}

/** The worst first; retired pages by where their poison came from, where that differs. */
function layersOf({ cells, retiredBy }: MemoryMap): readonly Layer[] {
  const origins = (Object.keys(retiredBy) as Poison[]).filter((origin) =>
    isSome(retiredBy[origin])
  );
  const retired: readonly Layer[] = origins.length < 2 ? [] : origins.map((origin) => ({
    name: `retired, poison from ${origin.replaceAll("-", " ")}`,
    fate: "retired",
    cells: retiredBy[origin],
  }));
  const fates: readonly PageFate[] = [...BAD_FATES, "used", "free"];
  const others = fates.filter((fate) => fate !== "retired" || retired.length === 0).map((
    fate,
  ): Layer => ({ name: fate, fate, cells: cells.map((counts) => counts[fate]) }));
  return [...retired, ...others].filter(({ cells }) => isSome(cells));
}

function isSome(cells: readonly number[]): boolean {
  return cells.some((pages) => pages > 0);
}

function orWords(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function LayerView({ layer, map }: { readonly layer: Layer; readonly map: MemoryMap }): VNode {
  const { name, fate, cells } = layer;
  const pages = showCount(cells.reduce((sum, count) => sum + count, 0), "page");
  const rows = Math.ceil(cells.length / COLUMNS);
  const [width, height] = [COLUMNS * CELL, rows * CELL];
  const labels = Array.from(
    { length: Math.ceil(rows / LABEL_EVERY) },
    (_, i) => showSize(i * LABEL_EVERY * COLUMNS * map.cellBytes),
  );
  const margin = Math.max(...labels.map(({ length }) => length)) * CHARACTER + GAP;
  // Where a cell is full its neighbours tell the address; what is in order needs none.
  const isTold = (count: number) => BAD_FATES.includes(fate) && count < map.cellBytes / PAGE_BYTES;
  const untold = cells.map((count, i) =>
    count === 0 || isTold(count) ? "" : pathOf(fate, i, count, map)
  );
  return (
    <figure>
      <figcaption>
        {name}: {pages} <small>{WORDS[fate]}</small>
      </figcaption>
      <svg
        viewBox={`${-margin} 0 ${margin + width} ${height}`}
        class="memory"
        role="img"
        aria-label={`${name}: ${pages} in ${showSize(map.bytes)} of host memory`}
      >
        <rect class="ground" width={width} height={height} />
        {labels.map((label, i) => (
          <text key={i} x={-GAP} y={(i * LABEL_EVERY + 0.5) * CELL} dy="0.35em">{label}</text>
        ))}
        <path class={fate} d={untold.join("")} />
        {cells.map((count, i) =>
          count > 0 && isTold(count)
            ? (
              <path key={i} class={fate} d={pathOf(fate, i, count, map)}>
                <title>{`${showAddress(i * map.cellBytes)}: ${showCount(count)} ${name}`}</title>
              </path>
            )
            : null
        )}
      </svg>
    </figure>
  );
}

function pathOf(fate: PageFate, i: number, pages: number, map: MemoryMap): string {
  const [x, y] = [(i % COLUMNS + 0.5) * CELL, (Math.floor(i / COLUMNS) + 0.5) * CELL];
  return markPath(fate, x, y, markWidth(pages, map));
}

function Listed({ map }: { readonly map: MemoryMap }): VNode | null {
  if (map.listed.length === 0) return null;
  const shown = BAD_FATES.flatMap((fate) => {
    const of = map.listed.filter((page) => page.fate === fate).length;
    return of === 0 ? [] : [`${of} of ${showCount(map.total[fate])} ${fate}`];
  });
  const caption = `The first of them by address: ${shown.join(", ")}`;
  return (
    <Folded title={caption}>
      <DataTable
        caption={caption}
        columns={[
          { name: "Address", number: true },
          { name: "Became" },
          { name: "PAMT now" },
          { name: "Poisoned", number: true },
          { name: "Poison from" },
        ]}
        rows={map.listed.map((page) => [
          <code key={page.pa}>{showAddress(page.pa)}</code>,
          page.fate,
          page.type ?? "no TDMR",
          `${page.poisonedLines} of ${LINES_PER_PAGE}`,
          origins(page),
        ])}
      />
    </Folded>
  );
}

function origins({ origins }: ListedPage): string {
  return origins.length === 0 ? "–" : origins.join(", ").replaceAll("-", " ");
}

function showAddress(pa: number): string {
  return `0x${pa.toString(16)}`;
}
