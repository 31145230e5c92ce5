import { MesosDnsError } from "../../base/errors.js";
import { formatHostPort, type HostPort } from "../../base/host-port.js";
import type { Timers } from "../../base/timers.js";
import type { BodyReader, MasterClient, StreamAnswer } from "./client.js";
import type { Cluster } from "./cluster.js";
import { sameEndpoint } from "./endpoint.js";
import type { FactsReader } from "./facts/reader.js";
import { KnownTasks } from "./known-tasks.js";
import { type MasterState, type Registry, StateParser } from "./state.js";

/** Names the masters: either a list in the configuration, or a watcher of their election. */
export interface MasterSource {
  /** All masters, in the order in which their DNS names are numbered. */
  masters(): readonly HostPort[];
  /**
   * The masters to ask for the state, the likeliest leader first. The caller skips duplicates. May wait until masters have
   * been detected. Rejects with a MesosDnsError that says why there are none, or with the signal's reason.
   * @param last the leader that answered last time
   */
  candidates(last: HostPort | undefined, signal: AbortSignal): Promise<readonly HostPort[]>;
}

export function listedMasters(masters: readonly HostPort[]): MasterSource {
  return {
    masters: () => masters,
    candidates: async (last) => (last === undefined ? masters : [last, ...masters]),
  };
}

/** The leader's state, and what fetching it took. */
export interface LeaderState {
  readonly cluster: Cluster;
  readonly registry: Registry;
  /** The address at which the leader answered. */
  readonly leader: HostPort;
  readonly masters: readonly HostPort[];
  /** Size of the (decompressed) state. */
  readonly bytes: number;
  /** Milliseconds that the leader's response took, without those spent on parsing it. */
  readonly fetchMs: number;
  /** Milliseconds spent on parsing the state, most of them while it arrived. */
  readonly parseMs: number;
}

/** Fetches the cluster's state from whichever master leads. */
export interface StateReader {
  read(signal: AbortSignal): Promise<LeaderState>;
  /** Closes all connections. Requests in progress fail. */
  close(): Promise<void>;
}

/** A StateReader that also opens the leader's stream of events, over the same connections. */
export interface LeaderAccess extends StateReader {
  /** Reads the catalogue's facts from states and events; absent if no catalogue is kept. */
  readonly facts?: FactsReader | undefined;
  /** When the login at masters expires, in milliseconds since 1970; absent or `undefined` if that is not known. */
  readonly loginExpiresAt?: number | undefined;
  /** `signal` ends the stream. */
  subscribe(signal: AbortSignal): Promise<StreamAnswer>;
}

export interface LeaderFinderOptions {
  readonly client: Pick<MasterClient, "fetchState" | "subscribe" | "close"> &
    Partial<Pick<MasterClient, "loginExpiresAt">>;
  readonly source: MasterSource;
  /** Resolves a host name to its addresses, and an address to itself. May throw if there are none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly timers: Timers;
  /** As in LeaderAccess. */
  readonly facts?: FactsReader | undefined;
  /** The tasks of the state that was read last. */
  readonly known?: KnownTasks | undefined;
}

/** One search for the leader: the masters asked so far and how they failed. */
interface Search {
  readonly signal: AbortSignal;
  readonly asked: Set<string>;
  readonly failures: MesosDnsError[];
}

/**
 * Finds the leader: asks each candidate, and the leader that a candidate names. A state counts only if the master that sent
 * it is the leader named in the state: very old non-leaders answer 200 with empty lists.
 */
export class LeaderFinder implements LeaderAccess {
  readonly #options: LeaderFinderOptions;
  readonly #known: KnownTasks;
  #last: HostPort | undefined;

  constructor(options: LeaderFinderOptions) {
    this.#options = options;
    this.#known = options.known ?? new KnownTasks();
  }

  get facts(): FactsReader | undefined {
    return this.#options.facts;
  }

  get loginExpiresAt(): number | undefined {
    return this.#options.client.loginExpiresAt;
  }

  /**
   * Throws a MesosDnsError that says for each master asked why its state was not used; LOGIN_FAILED as soon as a login
   * fails; the error of the source of masters; or the signal's reason.
   */
  async read(signal: AbortSignal): Promise<LeaderState> {
    const search: Search = { signal, asked: new Set(), failures: [] };
    const last = this.#last;
    // Do not ask a leader first again after it has failed: it may take all of stateTimeoutSeconds to fail.
    this.#last = undefined;
    for (const master of await this.#options.source.candidates(last, signal)) {
      const found = await this.#ask(master, search, true);
      if (found === undefined) continue;
      this.#last = found.leader;
      return found;
    }
    throw summaryOf(search.failures, "state");
  }

  /** Throws as read() does. The first STREAM_UNSUPPORTED ends the search: a master that answers so believes that it leads. */
  async subscribe(signal: AbortSignal): Promise<StreamAnswer> {
    const { client, source } = this.#options;
    const asked = new Set<string>();
    const failures: MesosDnsError[] = [];
    for (const master of await source.candidates(this.#last, signal)) {
      if (asked.has(formatHostPort(master))) continue;
      asked.add(formatHostPort(master));
      try {
        return await client.subscribe(master, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof MesosDnsError) || FINAL_ERRORS.has(error.code)) throw error;
        failures.push(error);
      }
    }
    throw summaryOf(failures, "stream of events");
  }

  async close(): Promise<void> {
    await this.#options.client.close();
  }

  /** The state of `master`, or of the leader that it names. If that fails, records the failure and returns `undefined`. */
  async #ask(master: HostPort, search: Search, follow: boolean): Promise<LeaderState | undefined> {
    if (search.asked.has(formatHostPort(master))) return undefined;
    search.asked.add(formatHostPort(master));
    let named: HostPort;
    try {
      const state = await this.#fetch(master, search);
      if (await this.#leads(state.found.leader, state)) return state.found;
      named = state.found.cluster.leader;
      search.failures.push(notLeading(state.found.leader, named));
    } catch (error) {
      if (search.signal.aborted || !(error instanceof MesosDnsError) || error.code === "LOGIN_FAILED") throw error;
      search.failures.push(error);
      return undefined;
    }
    return follow ? this.#ask(named, search, false) : undefined;
  }

  async #fetch(master: HostPort, search: Search): Promise<MasterState & { readonly found: LeaderState }> {
    const { client, timers, source } = this.#options;
    const start = timers.now();
    const reader = new TimedReader(new StateParser(this.#known, this.#options.facts), timers);
    const { content, bytes, from } = await client.fetchState(master, search.signal, reader);
    search.asked.add(formatHostPort(from));
    const parseMs = reader.ms;
    const fetchMs = timers.now() - start - parseMs;
    const { cluster, registry } = content;
    return {
      ...content,
      found: { cluster, registry, leader: from, masters: source.masters(), bytes, fetchMs, parseMs },
    };
  }

  /**
   * Whether the master that answered at `from` is the leader: its own pid or its address equals the leader's. A host
   * name and an address are compared by their resolved addresses.
   */
  async #leads(from: HostPort, { cluster: { leader }, pid }: MasterState): Promise<boolean> {
    if (pid !== undefined && sameEndpoint(pid, leader)) return true;
    if (sameEndpoint(from, leader)) return true;
    if (from.port !== leader.port) return false;
    const [mine, leaders] = await Promise.all([this.#addresses(from.host), this.#addresses(leader.host)]);
    return mine.some((address) => leaders.includes(address));
  }

  async #addresses(host: string): Promise<readonly string[]> {
    try {
      return await this.#options.resolve(host);
    } catch {
      // A name that does not resolve matches no address.
      return [];
    }
  }
}

/** Errors after which no other master is asked for its stream. */
const FINAL_ERRORS: ReadonlySet<string> = new Set(["LOGIN_FAILED", "STREAM_UNSUPPORTED"]);

/** Wraps a reader and measures the time that it takes. */
class TimedReader<Content> implements BodyReader<Content> {
  readonly #reader: BodyReader<Content>;
  readonly #timers: Timers;
  /** Milliseconds spent in the reader so far. */
  ms = 0;

  constructor(reader: BodyReader<Content>, timers: Timers) {
    this.#reader = reader;
    this.#timers = timers;
  }

  add(part: Uint8Array): void {
    this.#time(() => this.#reader.add(part));
  }

  end(): Content {
    return this.#time(() => this.#reader.end());
  }

  #time<Result>(work: () => Result): Result {
    const start = this.#timers.now();
    const result = work();
    this.ms += this.#timers.now() - start;
    return result;
  }
}

function notLeading(from: HostPort, named: HostPort): MesosDnsError {
  const message = `Mesos master ${formatHostPort(from)} does not lead: it names ${formatHostPort(named)}`;
  return new MesosDnsError("MASTER_NOT_LEADING", message);
}

/** A single failure is returned as it is. For several, the code is that of the first which is more than an unreachable master. */
function summaryOf(failures: readonly MesosDnsError[], what: string): MesosDnsError {
  const [first] = failures;
  if (first === undefined)
    return new MesosDnsError("MASTER_UNREACHABLE", "no Mesos masters are known: configure masters");
  if (failures.length === 1) return first;
  const telling = failures.find((failure) => failure.code !== "MASTER_UNREACHABLE") ?? first;
  const reasons = failures.map((failure) => failure.message).join("; ");
  return new MesosDnsError(telling.code, `no leading Mesos master gave its ${what}: ${reasons}`);
}
