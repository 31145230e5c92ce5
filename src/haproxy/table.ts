/** What HAProxy says of itself, in tables. */

/** The field of a line in a column; "" if there is none. */
export type Row = (column: string) => string;

/**
 * Rows of a table whose first line names its columns behind `# `.
 * @param most columns that are read: a line of counts has eighty behind those that matter
 */
export function tableOf([header = "", ...lines]: readonly string[], separator: string, most = 20): readonly Row[] {
  const columns = new Map(
    header
      .replace(/^# /, "")
      .split(separator)
      .map((name, at) => [name, at]),
  );
  return lines.map((line) => {
    const fields = line.split(separator, most);
    return (column) => fields[columns.get(column) ?? -1] ?? "";
  });
}

/** The process id of the worker that answers, out of `show info`; `undefined` if that is not in it. */
export function workerIn(info: string): number | undefined {
  const [, pid] = /^Pid: (\d+)$/m.exec(info) ?? [];
  return pid === undefined ? undefined : Number(pid);
}
