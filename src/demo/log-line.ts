import { printable } from "../base/printable.js";

export interface LogLine {
  /** For people: the message alone. */
  readonly text: string;
  readonly isWarning: boolean;
  /** A line of the log; other lines are what the program says when it cannot start. */
  readonly isLog: boolean;
}

const WARNINGS: readonly unknown[] = ["warn", "error", "fatal"];

/** What one line that the server wrote on standard error means. */
export function parseLogLine(line: string): LogLine {
  const fields = fieldsOf(line);
  if (!fields) return { text: printable(line.replace(/^mesos-dns: /, "")), isWarning: false, isLog: false };
  return { text: printable(String(fields.msg)), isWarning: WARNINGS.includes(fields.level), isLog: true };
}

function fieldsOf(line: string): { readonly level?: unknown; readonly msg?: unknown } | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
