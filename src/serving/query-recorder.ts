import type { Request } from "../answer/request.js";
import type { Query } from "../wire/query.js";

/** What is recorded of an answer beside its octets. */
export interface Recorded {
  readonly query: Query;
  readonly rcode: number;
}

/** Takes queries and their answers, on the thread that answers: it neither waits nor throws. */
export interface QueryRecorder {
  /**
   * Takes a query of the batch that is being handled. Its octets, and those of the answer, are read before the call returns.
   * @param answer its octets begin here
   * @param size octets of the answer
   * @param zone index in `ZONES`
   */
  record(request: Request, answer: Uint8Array, size: number, zone: number, recorded: Recorded): void;
  /** Ends a batch. The times are milliseconds on the service's clock: when its queries were read, and when they had their answers. */
  end(queriedAt: number, answeredAt: number): void;
}
