import { setTimeout as sleep } from "node:timers/promises";
import { causeOf, MesosDnsError } from "../base/errors.js";
import { isObject, textOf } from "../base/lenient.js";
import { printable } from "../base/printable.js";
import { CHANGE_KINDS } from "../console/changes.js";
import { EventStreamReader, type StreamEvent } from "../sources/http/event-stream.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["config", "value"],
  ["kind", "list"],
  ["json", "switch"],
]);
const PATH = "/v1/console/changes";
/** Characters of one event. */
const MAX_EVENT = 1_000_000;
const PAUSE_MS = 1_000;
/** The stream has a comment each 15 s. */
const SILENCE_MS = 45_000;

/**
 * `mesos-dns tail`: prints the cluster's changes as they happen, until it is interrupted. A stream that is lost goes on where it was.
 * @throws {MesosDnsError} USAGE; SERVER_UNREACHABLE if there has been no stream at all
 */
export async function runTail(words: readonly string[]): Promise<void> {
  const { flags, rest } = parseMixed(words, FLAGS);
  if (rest.length > 0) throw usage(`unexpected argument ${JSON.stringify(rest[0])}`);
  const url = serverUrl(flags.get("server"), flags.get("config"));
  const kinds = flags.get("kind")?.split(",");
  const unknown = kinds?.find((kind) => !CHANGE_KINDS.some((known) => known === kind));
  if (unknown !== undefined) {
    throw usage(`no kind of change is called ${JSON.stringify(unknown)}; there are ${CHANGE_KINDS.join(", ")}`);
  }
  const line = (event: StreamEvent) => lineOf(event, kinds, flags.has("json"));
  // A reader that stops early (`| head`) is no failure.
  process.stdout.on("error", () => process.exit(0));
  let last = "";
  let isTold = false;
  for (let attempt = 0; ; attempt++) {
    try {
      const onOpen = () => {
        if (attempt === 0 || isTold) process.stderr.write(`mesos-dns: following ${url}\n`);
        isTold = false;
      };
      for await (const event of changes(url, last, onOpen)) {
        last = event.id;
        const text = line(event);
        if (text !== undefined) process.stdout.write(`${printable(text)}\n`);
      }
    } catch (error) {
      if (attempt === 0 && last === "") throw error;
      if (!isTold) process.stderr.write(`mesos-dns: ${causeOf(error)}; it is tried again every second\n`);
      isTold = true;
    }
    await sleep(PAUSE_MS);
  }
}

/** The line for an event; `undefined` if it is not wanted. */
function lineOf({ data }: StreamEvent, kinds: readonly string[] | undefined, isJson: boolean): string | undefined {
  const change = parsed(data);
  if (!change || (kinds && !kinds.includes(textOf(change.kind)))) return undefined;
  if (isJson) return data;
  return `${textOf(change.at)} ${textOf(change.text)}`;
}

function parsed(data: string) {
  try {
    const change: unknown = JSON.parse(data);
    return isObject(change) ? change : undefined;
  } catch {
    return undefined;
  }
}

/** @param last the id of the last change that was told; "" for none */
async function* changes(url: string, last: string, onOpen: () => void): AsyncGenerator<StreamEvent> {
  const failed = (why: string) => {
    const advice =
      "--server URL says where the server's httpport is; the console has to be on (`console` in its configuration)";
    return new MesosDnsError("SERVER_UNREACHABLE", `no changes from ${url}: ${why}; ${advice}`);
  };
  const end = new AbortController();
  let timer = setTimeout(() => end.abort(), SILENCE_MS);
  try {
    const headers = { accept: "text/event-stream", ...(last !== "" && { "last-event-id": last }) };
    const response = await fetch(`${url}${PATH}`, { headers, signal: end.signal });
    if (!response.ok || !response.body) throw failed(`status ${response.status}`);
    onOpen();
    const reader = new EventStreamReader(MAX_EVENT);
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => end.abort(), SILENCE_MS);
      yield* reader.add(piece);
    }
  } catch (error) {
    throw error instanceof MesosDnsError ? error : failed(end.signal.aborted ? "silence" : causeOf(error));
  } finally {
    clearTimeout(timer);
  }
}
