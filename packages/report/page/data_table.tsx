import type { ComponentChildren, VNode } from "preact";

/** A column; its cells are set to the right where they are numbers. */
export interface Column {
  readonly name: ComponentChildren;
  readonly number?: boolean;
}

/** What a table shows; the first cell of a row names it. */
export interface DataTableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export function DataTable({ caption, columns, rows }: DataTableProps): VNode {
  const align = (i: number) => columns[i]?.number ? "number" : undefined;
  return (
    <Scroll label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name }, i) => <th key={i} scope="col" class={align(i)}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, i) =>
                i === 0
                  ? <th key={i} scope="row" class={align(i)}>{cell}</th>
                  : <td key={i} class={align(i)}>{cell}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A place that scrolls sideways, and that the keyboard reaches. */
export function Scroll({ label, children }: {
  readonly label: string;
  readonly children: ComponentChildren;
}): VNode {
  return <div class="scroll" role="region" aria-label={label} tabIndex={0}>{children}</div>;
}
