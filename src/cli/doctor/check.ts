/** What the doctor has found out about one thing. */
export interface Check {
  /** A word or two: `port 53 over UDP`. */
  readonly what: string;
  readonly level: Level;
  /** A sentence. */
  readonly text: string;
  /** What to do; absent where there is nothing to do. */
  readonly advice?: string | undefined;
}

/** `unknown` is what could not be looked at: no fault, and no proof. */
export type Level = "ok" | "unknown" | "warning" | "fault";

export function check(what: string, level: Level, text: string, advice?: string): Check {
  return { what, level, text, ...(advice !== undefined && { advice }) };
}

/** 0: works; 1: cannot work; 2: works, with warnings. */
export function exitCodeOf(checks: readonly Check[]): number {
  if (checks.some(({ level }) => level === "fault")) return 1;
  return checks.some(({ level }) => level === "warning") ? 2 : 0;
}

const MARKS: Readonly<Record<Level, string>> = { ok: "ok", unknown: "?", warning: "WARNING", fault: "FAULT" };

export function linesOf(checks: readonly Check[]): readonly string[] {
  return checks.flatMap(({ what, level, text, advice }) => [
    `${MARKS[level].padEnd(8)} ${what}: ${text}`,
    ...(advice ? [`${" ".repeat(9)}${advice}`] : []),
  ]);
}
