import { printable } from "../base/printable.js";

const STATUS_MS = 5_000;

/**
 * What a `run` of this machine tells of itself as JSON. Its texts are safe for a line of a terminal: labels and names are in them, which could
 * break one. Rejects if nobody tells.
 */
export async function localStatus(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(STATUS_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return JSON.parse(await response.text(), (_, value: unknown) =>
    typeof value === "string" ? printable(value) : value,
  );
}
