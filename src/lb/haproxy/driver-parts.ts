import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import type { AskHaproxy } from "../../haproxy/socket.js";
import type { Balancer } from "./balancer.js";
import type { HaproxyHost } from "./host.js";
import type { MapName, Step } from "./steps.js";

export interface DriverParts {
  readonly host: HaproxyHost;
  readonly ask: AskHaproxy;
  /** Whether HAProxy is there; cheap enough to be asked every second. */
  readonly isThere: () => Promise<boolean>;
  readonly timers: Timers;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Writes a file beside the configuration. */
  readonly writeFile: (name: string, text: string) => Promise<void>;
  readonly files: Readonly<Record<MapName, string>>;
  readonly render: (balancer: Balancer) => string;
  /** What only a reload can change of what `render` gives. */
  readonly structureOf: (balancer: Balancer) => string;
  readonly cookieKey: string;
  readonly coalesceMs: number;
  readonly minIntervalMs: number;
  /** After so long, the connections of a server that is to go are cut; 0: never. */
  readonly drainMs: number;
  /** Why nobody can listen at a port; `undefined` if somebody can. */
  readonly refusalOf: (bind: { readonly host: string; readonly port: number }) => Promise<string | undefined>;
  readonly onReport: (event: DriverEvent) => void;
}

export type DriverEvent =
  /** HAProxy refuses the configuration: whoever made it finds out whose fault that is. */
  | { readonly kind: "refused"; readonly faults: string }
  | { readonly kind: "unbindable"; readonly ports: ReadonlyMap<number, string> }
  | { readonly kind: "reloaded"; readonly cause: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "steps"; readonly steps: readonly Step[]; readonly failures: readonly string[] }
  /** What is wanted is what runs. */
  | { readonly kind: "applied"; readonly since: number | undefined };
