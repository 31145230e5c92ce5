import { isPort } from "../../base/host-port.js";
import type { PortRange } from "./cluster.js";

/**
 * The ranges in a task's `resources.ports`: `[31000-31002, 31005-31005]`, `[]`, or absent.
 * Leaves out a range that is malformed, and keeps the others.
 */
export function parsePortRanges(text: unknown): readonly PortRange[] {
  const list = typeof text === "string" ? /^\s*\[(.*)\]\s*$/.exec(text)?.[1] : undefined;
  if (list === undefined) return [];
  return list.split(",").flatMap(parseRange);
}

function parseRange(text: string): PortRange[] {
  const match = /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  return isPort(first) && isPort(last) && first <= last ? [[first, last]] : [];
}
