import { parseAddress } from "../base/addresses.js";
import type { Config } from "../config/config.js";
import type { Finding } from "../explain/finding.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { ForwardReport } from "../forward/report.js";
import type { ServerStatus } from "../status/status.js";

/** Questions that wait at a time. */
export const MAX_QUESTIONS = 16;

export interface ExplainingParts {
  /** As it is when it is asked. */
  readonly server: { readonly config: Config; readonly status: ServerStatus; readonly forwarding: ForwardReport };
  /** What the zones have to say. */
  readonly ofZones: (question: string) => Promise<readonly Finding[]>;
  /** @param name lower-case wire form as latin1 */
  readonly cached: (name: string) => Promise<readonly CachedAnswer[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Why is a name, a task or an address answered as it is? */
export class Explaining {
  readonly #parts: ExplainingParts;
  #waiting = 0;

  constructor(parts: ExplainingParts) {
    this.#parts = parts;
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
    const { server, ofZones, cached, now } = this.#parts;
    // Nobody may ever ask.
    const { explainWith } = await import("../explain/with-server.js");
    const findings = await ofZones(question);
    const { config, status, forwarding } = server;
    const { build, live, stale } = status;
    return explainWith(findings, {
      question,
      client: parseAddress(client),
      config,
      upstreams: forwarding.upstreams,
      cached,
      state: { isStale: stale, fetchedAt: build?.fetchedAt, live, now: now() },
    });
  }
}
