import type { Recording } from "../query-log/recording.js";
import type { QueryRecorder } from "../serving/query-recorder.js";

/** Who may have queries recorded: the query log, and `top`. */
export type RecordingPurpose = "log" | "top";

/** Turns the recording of queries on this thread on and off. What records is loaded when there is anything to record. */
export class RecorderSwitch {
  readonly #set: (recorder: QueryRecorder | undefined) => void;
  readonly #wanted = new Map<RecordingPurpose, Recording>();
  readonly #recorders = new Map<RecordingPurpose, QueryRecorder>();

  constructor(set: (recorder: QueryRecorder | undefined) => void) {
    this.#set = set;
  }

  /** The promise settles when that is done, or another one is wanted. */
  async use(recording: Recording | undefined, purpose: RecordingPurpose): Promise<void> {
    if (recording) this.#wanted.set(purpose, recording);
    else this.#wanted.delete(purpose);
    const recorder = recording && (await recorderOf(recording));
    if (this.#wanted.get(purpose) !== recording) return;
    if (recorder) this.#recorders.set(purpose, recorder);
    else this.#recorders.delete(purpose);
    const [first, second] = this.#recorders.values();
    this.#set(first && second ? both(first, second) : first);
  }
}

async function recorderOf(recording: Recording): Promise<QueryRecorder> {
  const { Recorder } = await import("../query-log/recorder.js");
  return new Recorder(recording, Math.random);
}

function both(first: QueryRecorder, second: QueryRecorder): QueryRecorder {
  return {
    record: (request, answer, size, zone, recorded) => {
      first.record(request, answer, size, zone, recorded);
      second.record(request, answer, size, zone, recorded);
    },
    end: (queriedAt, answeredAt) => {
      first.end(queriedAt, answeredAt);
      second.end(queriedAt, answeredAt);
    },
  };
}
