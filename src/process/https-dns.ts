import { Request } from "../answer/request.js";
import type { Recording } from "../query-log/recording.js";
import { HTTPS } from "../serving/channels.js";
import { processClock } from "../serving/clock.js";
import { QueryStats } from "../serving/query-stats.js";
import { PENDING } from "../serving/service.js";
import { DnsStack, type DnsStackOptions } from "../serving/stack.js";
import { RecorderSwitch, type RecordingPurpose } from "../threads/recorder-switch.js";
import { MAX_MESSAGE } from "../wire/protocol.js";

/** DNS over HTTPS. The main thread answers its queries itself, from its own view of the zones. */
export class HttpsDns {
  readonly stats = new QueryStats();
  readonly stack: DnsStack;
  readonly #recorder = new RecorderSwitch((recorder) => {
    this.stack.recorder = recorder;
  });

  constructor(options: Omit<DnsStackOptions, "stats" | "usesForwardClient" | "clock">) {
    this.stack = new DnsStack({ ...options, stats: this.stats, usesForwardClient: false, clock: processClock });
  }

  /** Records queries from now on, or no more. */
  record(recording: Recording | undefined, purpose: RecordingPurpose): Promise<void> {
    return this.#recorder.use(recording, purpose);
  }

  /** The response to a query; `undefined` if the message gets none. @param address the client's */
  answer(message: Uint8Array, address: string): Promise<Uint8Array | undefined> {
    const { service, clients } = this.stack;
    return new Promise((resolve) => {
      const request = new Request(HTTPS, new Uint8Array(MAX_MESSAGE));
      request.set(message, message.length, clients.of(address));
      service.begin();
      const size = service.handle(request, () => (answer, following) => {
        // Zones are not transferred over HTTPS: nothing follows a refusal.
        following?.cancel();
        resolve(answer);
      });
      service.end();
      if (size !== PENDING) resolve(size > 0 ? request.out.subarray(0, size) : undefined);
    });
  }
}
