import { LINES_PER_PAGE, showCount, showSize } from "@tdx/core";
import type { PageFate } from "@tdx/reclaim";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";
import { CELL, cornerPath, markPath, markWidth, worstOf } from "./cell_shapes.ts";
import { BAD_FATES, type CellCounts, type ListedPage, type MemoryMap } from "./map_memory.ts";

const COLUMNS = 32;
const LABEL_EVERY = 4;
/** Room that a character of an address takes beside the rows, and the gap behind it. */
const CHARACTER = 10;
const GAP = 6;

const WORDS: Readonly<Record<PageFate, string>> = {
  retired:
    "retired: a load in user mode met a machine check in it, and the host takes it out of use",
  poisoned: "poisoned: poison waits in it for the first use",
  leaked: "leaked: it was the TD's and did not come back",
  used: "came back, used without a machine check",
  free: "came back, not used yet",
  other: "was not the TD's",
};

/** Draws the map, with its legend and the first bad pages by address. */
export function MemoryMapView({ map }: { readonly map: MemoryMap }): VNode {
  return (
    <>
      <p>
        Each cell is {showSize(map.cellBytes)}{" "}
        of host memory; rows run to the right, addresses downwards. A cell shows the worst that
        became of a page in it, larger the more such pages it holds (on a logarithmic scale).
      </p>
      <div class="map">
        <Drawing map={map} />
        <Legend map={map} />
      </div>
      <Listed map={map} />
    </>
  );
}

function Drawing({ map }: { readonly map: MemoryMap }): VNode {
  const rows = Math.ceil(map.cells.length / COLUMNS);
  const [width, height] = [COLUMNS * CELL, rows * CELL];
  const labels = Array.from(
    { length: Math.ceil(rows / LABEL_EVERY) },
    (_, i) => showSize(i * LABEL_EVERY * COLUMNS * map.cellBytes),
  );
  const margin = Math.max(...labels.map(({ length }) => length)) * CHARACTER + GAP;
  return (
    <svg
      viewBox={`${-margin} 0 ${margin + width} ${height}`}
      class="memory"
      role="img"
      aria-label={`Map of ${
        showSize(map.bytes)
      } of host memory; the table beside it has the counts`}
    >
      <rect class="ground" width={width} height={height} />
      {labels.map((label, i) => (
        <text key={i} x={-GAP} y={(i * LABEL_EVERY + 0.5) * CELL} dy="0.35em">{label}</text>
      ))}
      <path class="clean" d={clean(map)} />
      {map.cells.map((counts, i) => <MapCell key={i} counts={counts} i={i} map={map} />)}
    </svg>
  );
}

/** A dot for every cell in which all of the TD's pages came back in order. */
function clean(map: MemoryMap): string {
  return map.cells.map((counts, i) => {
    if (worstOf(counts) !== null || counts.free + counts.used === 0) return "";
    const [x, y] = centre(i);
    return `M${x - 1.5} ${y - 1.5}h3v3h-3z`;
  }).join("");
}

function MapCell({ counts, i, map }: {
  readonly counts: CellCounts;
  readonly i: number;
  readonly map: MemoryMap;
}): VNode | null {
  const fate = worstOf(counts);
  if (fate === null) return null;
  const [x, y] = centre(i);
  const besides = fate !== "leaked" && counts.leaked > 0;
  const words = BAD_FATES.filter((bad) => counts[bad] > 0)
    .map((bad) => `${showCount(counts[bad])} ${bad}`).join(", ");
  return (
    <g>
      <title>{`${showAddress(i * map.cellBytes)}: ${words}`}</title>
      <path class={fate} d={markPath(fate, x, y, markWidth(counts[fate], map))} />
      {besides ? <path class="besides" d={cornerPath(x, y)} /> : null}
    </g>
  );
}

function centre(i: number): [x: number, y: number] {
  return [(i % COLUMNS + 0.5) * CELL, (Math.floor(i / COLUMNS) + 0.5) * CELL];
}

function Legend({ map }: { readonly map: MemoryMap }): VNode {
  const fates: readonly PageFate[] = [...BAD_FATES, "used", "free", "other"];
  return (
    <table class="legend">
      <caption>Pages of 4 KiB by what became of them</caption>
      <tbody>
        {fates.map((fate) => (
          <tr key={fate}>
            <td>
              <Mark fate={fate} />
            </td>
            <th scope="row">{WORDS[fate]}</th>
            <td class="number">{showCount(map.total[fate])}</td>
          </tr>
        ))}
        <tr>
          <td>
            <Mark fate="retired" besides />
          </td>
          <th scope="row">a corner: pages in the cell were leaked besides</th>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

function Mark({ fate, besides = false }: {
  readonly fate: PageFate;
  readonly besides?: boolean;
}): VNode {
  const [bad, half] = [BAD_FATES.includes(fate), CELL / 2];
  const d = bad ? markPath(fate, half, half, CELL * 0.7) : `M${half - 1.5} ${half - 1.5}h3v3h-3z`;
  return (
    <svg viewBox={`0 0 ${CELL} ${CELL}`} width="22" height="22" aria-hidden="true" class="memory">
      <rect class="ground" width={CELL} height={CELL} />
      {fate === "other" ? null : <path class={bad ? fate : "clean"} d={d} />}
      {besides ? <path class="besides" d={cornerPath(half, half)} /> : null}
    </svg>
  );
}

function Listed({ map }: { readonly map: MemoryMap }): VNode {
  if (map.listed.length === 0) return <p>No page is retired, poisoned or leaked.</p>;
  const shown = BAD_FATES.flatMap((fate) => {
    const of = map.listed.filter((page) => page.fate === fate).length;
    return of === 0 ? [] : [`${of} of ${showCount(map.total[fate])} ${fate}`];
  });
  return (
    <DataTable
      caption={`The first of them by address: ${shown.join(", ")}`}
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
  );
}

function origins({ origins }: ListedPage): string {
  return origins.length === 0 ? "–" : origins.join(", ").replaceAll("-", " ");
}

function showAddress(pa: number): string {
  return `0x${pa.toString(16)}`;
}
