import { basename } from "node:path";

/** The programs whose names this one answers to, called by a link. */
export const PROGRAM_NAMES = [
  "haproxy-marathon-bridge",
  "servicerouter.py",
  "marathon_lb.py",
  "marathon-lb",
  "zdd.py",
  "bamboo",
] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** The name that the program was called by; `undefined` if it is its own. @param path of the program, as it was called */
export function nameOf(path: string): ProgramName | undefined {
  const called = basename(path);
  return PROGRAM_NAMES.find((name) => name === called);
}
