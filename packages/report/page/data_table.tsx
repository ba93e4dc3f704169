import type { ComponentChildren, VNode } from "preact";

/** A column; its cells are set to the right where they are numbers. */
export interface Column {
  readonly name: ComponentChildren;
  readonly number?: boolean;
}

/** The cells of a row; the first one names it. */
export type Row = readonly ComponentChildren[];

/** Rows under a title of their own. */
export interface RowGroup {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What a table shows. */
export interface DataTableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows?: readonly Row[];
  readonly groups?: readonly RowGroup[];
}

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export function DataTable({ caption, columns, rows = [], groups = [] }: DataTableProps): VNode {
  return (
    <Scroll label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, number }, i) => (
              <th key={i} scope="col" class={number ? "number" : undefined}>{name}</th>
            ))}
          </tr>
        </thead>
        {rows.length > 0 ? <tbody>{rows.map((row, i) => line(row, columns, i))}</tbody> : null}
        {groups.map(({ title, rows }) => (
          <tbody key={title}>
            <tr>
              <th scope="rowgroup" colSpan={columns.length} class="group">{title}</th>
            </tr>
            {rows.map((row, i) => line(row, columns, i))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

function line(row: Row, columns: readonly Column[], key: number): VNode {
  return (
    <tr key={key}>
      {row.map((cell, i) => {
        const align = columns[i]!.number ? "number" : undefined;
        return i === 0
          ? <th key={i} scope="row" class={align}>{cell}</th>
          : <td key={i} class={align}>{cell}</td>;
      })}
    </tr>
  );
}

/** A place that scrolls sideways, and that the keyboard reaches. */
export function Scroll({ label, children }: {
  readonly label: string;
  readonly children: ComponentChildren;
}): VNode {
  return <div class="scroll" role="group" aria-label={label} tabIndex={0}>{children}</div>;
}

/** What is there for those who ask for it, and on paper. */
export function Folded({ title, children }: {
  readonly title: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <details>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
