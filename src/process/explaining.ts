import { parseAddress } from "../base/addresses.js";
import type { Config } from "../config/config.js";
import type { AskedWhy, Finding } from "../explain/finding.js";
import type { ForwardReport } from "../forward/report.js";
import type { ServerStatus } from "../status/status.js";
import type { BuilderHandle } from "../threads/builder-handle.js";
import type { Responders } from "../threads/responders.js";
import type { CurrentZone } from "./current-zone.js";

/** Questions that wait at a time, in all and of one address. */
const MAX_QUESTIONS = 16;
const MAX_PER_ADDRESS = 4;

/** The part of the server that is asked. */
export interface ExplainedServer {
  readonly config: Config;
  readonly status: ServerStatus;
  readonly forwarding: ForwardReport;
  readonly zone: Pick<CurrentZone, "snapshot">;
  readonly builder: Pick<BuilderHandle, "explain">;
  readonly responders: Pick<Responders, "lookUp"> | undefined;
}

/** Why is a name, a task or an address answered as it is? */
export class Explaining {
  readonly #server: ExplainedServer;
  readonly #now: () => number;
  /** Who waits for an answer: an address for each question. */
  readonly #askers: string[] = [];

  /** @param now milliseconds since the epoch */
  constructor(server: ExplainedServer, now: () => number) {
    this.#server = server;
    this.#now = now;
  }

  /**
   * Resolves to `undefined` if too many questions wait already. Rejects if the builder's thread ends, or if the asker is gone.
   */
  async explain(asked: AskedWhy): Promise<readonly Finding[] | undefined> {
    const askers = this.#askers;
    const own = askers.filter((asker) => asker === asked.asker).length;
    if (askers.length >= MAX_QUESTIONS || own >= MAX_PER_ADDRESS) return undefined;
    askers.push(asked.asker);
    try {
      return await this.#explain(asked);
    } finally {
      askers.splice(askers.indexOf(asked.asker), 1);
    }
  }

  async #explain({ question, client, gone }: AskedWhy): Promise<readonly Finding[]> {
    // Nobody may ever ask.
    const { explainWith } = await import("../explain/with-server.js");
    const findings = await this.#server.builder.explain(question, gone);
    const { config, status, forwarding, responders, zone } = this.#server;
    const { build, live, stale } = status;
    return explainWith(findings, {
      question,
      client: parseAddress(client),
      config,
      zones: zone.snapshot.zones.filter(({ apex }) => !apex.scattered).map(({ apex }) => apex.zone),
      upstreams: forwarding.upstreams,
      cached: async (name) => (await responders?.lookUp(name)) ?? [],
      state: { isStale: stale, fetchedAt: build?.fetchedAt, live, now: this.#now() },
    });
  }
}
