import { type Check, check } from "./check.js";

export interface Machine {
  /** Bytes that can still be had: of the machine, or of the control group if that is less. */
  readonly memory: number;
  /** How many files the process may open; `undefined` if that is not known. */
  readonly descriptors: number | undefined;
  /** Milliseconds by which the leader's clock is ahead; `undefined` if it told no time. */
  readonly ahead: number | undefined;
}

/** What the cluster and the configuration need. */
export interface Needs {
  readonly tasks: number;
  readonly descriptors: number;
  /** Bytes: the state, the zone, and what else is kept. */
  readonly memory: number;
}

const MIB = 2 ** 20;
/** Measured: docs/scaling.md. */
const BASE = 150 * MIB;
const A_TASK = 3_000;
const A_TASK_WITH_CONSUL = 7_000;
const A_TASK_WITH_CATALOG = 2_000;
/** Beside the connections of clients: files, masters, resolvers, threads. */
const OWN_DESCRIPTORS = 256;
/** Signed queries are refused beyond this (RFC 8945 §5.2.3); tokens of DC/OS's login may be as well. */
const MAX_AHEAD_MS = 60_000;

export function needsOf(
  tasks: number,
  config: {
    readonly tcp: { readonly maxConnections: number };
    readonly consul: { readonly enabled: boolean };
    readonly catalog: unknown;
    readonly cache: { readonly maxBytes: number };
  },
): Needs {
  const each =
    A_TASK + (config.consul.enabled ? A_TASK_WITH_CONSUL : 0) + (config.catalog === true ? A_TASK_WITH_CATALOG : 0);
  return {
    tasks,
    memory: BASE + tasks * each + config.cache.maxBytes,
    descriptors: 2 * config.tcp.maxConnections + OWN_DESCRIPTORS,
  };
}

export function judgeMachine({ memory, descriptors, ahead }: Machine, needs: Needs): readonly Check[] {
  const wanted = `${Math.ceil(needs.memory / MIB)} MiB for ${needs.tasks.toLocaleString("en")} tasks`;
  const had = `${Math.floor(memory / MIB).toLocaleString("en")} MiB can be had`;
  return [
    memory < needs.memory
      ? check(
          "memory",
          "warning",
          `${had}, and it takes about ${wanted}`,
          "give the machine, or the container, more; docs/scaling.md says what takes how much",
        )
      : check("memory", "ok", `${had}; it takes about ${wanted}`),
    descriptors === undefined
      ? check("open files", "unknown", "the limit cannot be found out here")
      : descriptors < needs.descriptors
        ? check(
            "open files",
            "warning",
            `${descriptors} may be open, and as many connections as are allowed take ${needs.descriptors}`,
            "LimitNOFILE= in the unit, or smaller tcp.maxConnections",
          )
        : check("open files", "ok", `${descriptors} may be open, and ${needs.descriptors} at most are needed`),
    ahead === undefined
      ? check("clock", "unknown", "the leading master told no time")
      : Math.abs(ahead) > MAX_AHEAD_MS
        ? check(
            "clock",
            "warning",
            `it is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? "behind" : "ahead of"} the leading master's`,
            "let chrony or systemd-timesyncd set it: signatures and logins depend on it",
          )
        : check(
            "clock",
            "ok",
            `it is that of the leading master within ${Math.max(1, Math.round(Math.abs(ahead) / 1000))} s`,
          ),
  ];
}
