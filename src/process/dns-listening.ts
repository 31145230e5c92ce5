import type { Logger } from "../base/log.js";
import type { ServerStatus } from "../status/status.js";
import { isInUse, listenBeside } from "./take-over.js";

/** The used part of `Responders`. */
export interface Listening {
  claim(): Promise<void>;
  listen(generation: number): Promise<void>;
}

export interface DnsListeningParts {
  readonly responders: Listening;
  /** Whether to replace another process that has the addresses, and whether sockets may share its ports. */
  readonly takeOver: boolean;
  readonly mayShare: boolean;
  readonly log: Pick<Logger, "info">;
  /** The generation of the newest snapshot. */
  readonly generation: () => number;
  readonly isStopping: () => boolean;
}

/** Decides when the responders open their sockets: at once, or during a take-over as soon as they have a zone. */
export class DnsListening {
  readonly #parts: DnsListeningParts;
  status: ServerStatus["dns"] = "starting";

  constructor(parts: DnsListeningParts) {
    this.#parts = parts;
  }

  /**
   * Listens, and follows the cluster meanwhile; during a take-over, listens when there is a zone. Rejects with a `MesosDnsError` if the
   * DNS listeners cannot be opened.
   *
   * @param follow begins to follow the cluster
   * @param hasZone settles when there is a zone from which the other process's clients can be answered
   */
  async start(follow: () => void, hasZone: Promise<void>): Promise<void> {
    const { responders, takeOver, mayShare, log, isStopping } = this.#parts;
    const isBeside = await isInUse(() => responders.claim(), takeOver && mayShare);
    if (isStopping()) return;
    follow();
    if (!isBeside) return this.#listen();
    log.info("another process has these ports; this one opens them as well as soon as it has a zone");
    await hasZone;
    if (isStopping()) return;
    await this.#listen();
    log.info("both processes answer; now stop the other one with SIGTERM");
  }

  async #listen(): Promise<void> {
    const { responders, takeOver, generation } = this.#parts;
    const listen = () => responders.listen(generation());
    try {
      await (takeOver ? listenBeside(listen) : listen());
      this.status = "listening";
    } catch (error) {
      this.status = "failed";
      throw error;
    }
  }
}
