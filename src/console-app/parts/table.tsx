import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** The whole text, where the cell may show only its beginning. */
  readonly hint?: (row: Row) => string;
  /** A track of a CSS grid, for long lists. */
  readonly width?: string;
  /** Left out where there is little room. */
  readonly isMinor?: boolean;
}

/** A short table. */
export function Table<Row>({
  title,
  columns,
  rows,
  keyOf,
  empty,
}: {
  /** What it lists, for those who do not see it. */
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string | number;
  /** What to say if there are none. */
  readonly empty: string;
}) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="scroll-x" aria-label={title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function classOf({ isNumber, isMinor }: Pick<Column<never>, "isNumber" | "isMinor">): string {
  return `${isNumber ? "number" : ""}${isMinor ? " minor" : ""}`.trim();
}
