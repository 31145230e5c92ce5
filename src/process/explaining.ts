import { parseAddress } from "../base/addresses.js";
import type { Config } from "../config/config.js";
import type { Finding } from "../explain/finding.js";
import type { ForwardReport } from "../forward/report.js";
import type { ServerStatus } from "../status/status.js";
import type { BuilderHandle } from "../threads/builder-handle.js";
import type { Responders } from "../threads/responders.js";
import type { CurrentZone } from "./current-zone.js";

/** Questions that wait at a time. */
export const MAX_QUESTIONS = 16;

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
  #waiting = 0;

  /** @param now milliseconds since the epoch */
  constructor(server: ExplainedServer, now: () => number) {
    this.#server = server;
    this.#now = now;
  }

  /**
   * Resolves to `undefined` if too many questions wait already. Rejects if the builder's thread ends.
   * @param client an address of a client that asks; "" for any
   */
  async explain(question: string, client = ""): Promise<readonly Finding[] | undefined> {
    if (this.#waiting >= MAX_QUESTIONS) return undefined;
    this.#waiting++;
    try {
      return await this.#explain(question, client);
    } finally {
      this.#waiting--;
    }
  }

  async #explain(question: string, client: string): Promise<readonly Finding[]> {
    // Nobody may ever ask.
    const { explainWith } = await import("../explain/with-server.js");
    const findings = await this.#server.builder.explain(question);
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
