import type { Recording } from "../query-log/recording.js";
import type { QueryRecorder } from "../serving/query-recorder.js";

/** Turns the recording of queries on this thread on and off. What records is loaded when there is a query log. */
export class RecorderSwitch {
  readonly #set: (recorder: QueryRecorder | undefined) => void;
  #wanted: Recording | undefined;

  constructor(set: (recorder: QueryRecorder | undefined) => void) {
    this.#set = set;
  }

  /** The promise settles when that is done, or another one is wanted. */
  async use(recording: Recording | undefined): Promise<void> {
    this.#wanted = recording;
    const recorder = recording && (await recorderOf(recording));
    if (this.#wanted === recording) this.#set(recorder);
  }
}

async function recorderOf(recording: Recording): Promise<QueryRecorder> {
  const { Recorder } = await import("../query-log/recorder.js");
  return new Recorder(recording, Math.random);
}
