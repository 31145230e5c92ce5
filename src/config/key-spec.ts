import type { Format } from "./format.js";

/** What is known of one configuration key. */
export interface KeySpec<T> {
  /** What the key means, in one sentence for an operator. */
  readonly doc: string;
  /** As an operator would write it in the file. */
  readonly default: unknown;
  readonly format: Format<T>;
  /** Whether a changed value is applied on SIGHUP or needs a restart; `node`: a program beside the server reads it, such as `mesos-dns vips`. */
  readonly reload: "live" | "restart" | "node";
  /** The value is masked in everything that a person may read. */
  readonly sensitive?: true;
  /** Describes a default that depends on another key. */
  readonly shownDefault?: string;
}

export function live<T>(fallback: unknown, as: Format<T>, doc: string): KeySpec<T> {
  return { doc, default: fallback, format: as, reload: "live" };
}

export function node<T>(fallback: unknown, as: Format<T>, doc: string): KeySpec<T> {
  return { doc, default: fallback, format: as, reload: "node" };
}

export function restart<T>(fallback: unknown, as: Format<T>, doc: string): KeySpec<T> {
  return { doc, default: fallback, format: as, reload: "restart" };
}
