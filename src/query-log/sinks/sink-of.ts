import type { Timers } from "../../base/timers.js";
import type { QueryLogSettings } from "../../config/query-log.js";
import type { Sink, SinkEvents } from "../sink.js";
import { DescriptorSink, type WriteDescriptor } from "./descriptor-sink.js";
import { FileSink } from "./file-sink.js";
import type { SinkFiles } from "./sink-files.js";
import { SocketSink } from "./socket-sink.js";

const STANDARD_OUTPUT = 1;

export interface SinkParts {
  readonly events: SinkEvents;
  readonly timers: Pick<Timers, "after">;
  readonly files: SinkFiles;
  readonly write: WriteDescriptor;
}

/** Where the log goes by its settings. */
export function sinkOf(settings: QueryLogSettings, { events, timers, files, write }: SinkParts): Sink {
  const { format, file: path, socket, maxBytes, keepFiles } = settings;
  if (socket !== "") return new SocketSink(socket, events, timers);
  if (path === "-") return new DescriptorSink(STANDARD_OUTPUT, { events, timers, write });
  return new FileSink({ path, isFramed: format === "dnstap", maxBytes, keepFiles, files, events, timers });
}
