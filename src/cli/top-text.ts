import type { TopReport } from "../top/minute.js";
import type { Counted } from "../top/tally.js";

export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

/** Lines that are taken by what is not a list. */
const HEAD = 5;
const GAP = 2;

/** What fits on a screen: two lists beside each other, and a line for each of the short ones. */
export function topLines(
  { seconds, queries, missed, top }: TopReport,
  { rows, columns }: ScreenSize,
): readonly string[] {
  const rate = (queries / seconds).toFixed(queries / seconds < 10 ? 1 : 0);
  const told = missed > 0 ? `, and ${missed} more came too fast to be counted` : "";
  const height = Math.max(1, rows - HEAD - 1);
  const width = Math.max(20, Math.floor((columns - GAP) / 2));
  const names = columnOf("NAMES", top.name, queries, { height, width });
  const clients = columnOf("CLIENTS", top.client, queries, { height, width });
  const length = Math.max(names.length, clients.length);
  const lines = [
    cut(`${rate} queries a second for ${seconds} s: ${queries.toLocaleString("en")} in all${told}`, columns),
    cut(`types       ${shares(top.type, queries)}`, columns),
    cut(`rcodes      ${shares(top.rcode, queries)}`, columns),
    cut(`zones       ${shares(top.zone, queries)}   over ${shares(top.transport, queries)}`, columns),
    "",
    ...Array.from({ length }, (_, row) => `${(names[row] ?? "").padEnd(width + GAP)}${clients[row] ?? ""}`.trimEnd()),
  ];
  return lines.slice(0, rows);
}

function columnOf(
  title: string,
  counted: readonly Counted[],
  all: number,
  { height, width }: { height: number; width: number },
): readonly string[] {
  const lines = counted.slice(0, height).map(({ key, count }) => {
    const numbers = ` ${count.toLocaleString("en")} ${share(count, all).padStart(4)}`;
    const room = Math.max(4, width - numbers.length);
    return `${cut(key || "(no question)", room).padEnd(room)}${numbers}`;
  });
  return [title, ...lines];
}

function shares(counted: readonly Counted[], all: number): string {
  return counted.map(({ key, count }) => `${key || "(none)"} ${share(count, all)}`).join("  ") || "-";
}

function share(count: number, all: number): string {
  return `${Math.round((100 * count) / Math.max(1, all))}%`;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
