/** What HAProxy says of itself, in tables. */

/** The field of a line in a column; "" if there is none. */
export type Row = (column: string) => string;

/**
 * Rows of a table whose first line names its columns behind `# `. Fields are looked for when they are asked for: a line of counts has more
 * than a hundred, of which a few matter.
 */
export function tableOf([header = "", ...lines]: readonly string[], separator: string): readonly Row[] {
  const columns = new Map(
    header
      .replace(/^# /, "")
      .split(separator)
      .map((name, at) => [name, at]),
  );
  return lines.map((line) => (column) => fieldOf(line, separator, columns.get(column) ?? -1));
}

function fieldOf(line: string, separator: string, at: number): string {
  if (at < 0) return "";
  let start = 0;
  for (let passed = 0; passed < at; passed++) {
    start = line.indexOf(separator, start) + 1;
    if (start === 0) return "";
  }
  const end = line.indexOf(separator, start);
  return end < 0 ? line.slice(start) : line.slice(start, end);
}

/** The process id of the worker that answers, out of `show info`; `undefined` if that is not in it. */
export function workerIn(info: string): number | undefined {
  const [, pid] = /^Pid: (\d+)$/m.exec(info) ?? [];
  return pid === undefined ? undefined : Number(pid);
}
