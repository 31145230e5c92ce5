import { type JsonObject, textOf } from "../base/lenient.js";
import { printable, printableJson } from "../base/printable.js";
import { systemTimers } from "../base/timers.js";
import { CHANGE_KINDS } from "../console/changes.js";
import { ChangeStream } from "./change-stream.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["config", "value"],
  ["kind", "list"],
  ["json", "switch"],
]);

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
  const lineOf = flags.has("json") ? jsonLine : textLine;
  // A reader that stops early (`| head`) is no failure.
  process.stdout.on("error", () => process.exit(0));
  const stream = new ChangeStream({
    url,
    timers: systemTimers,
    onChange: (change) => {
      if (!kinds || kinds.includes(textOf(change.kind))) process.stdout.write(lineOf(change));
    },
    say: (line) => void process.stderr.write(`mesos-dns: ${printable(line)}\n`),
  });
  await stream.follow();
}

function jsonLine(change: JsonObject): string {
  return printableJson(`${JSON.stringify(change)}\n`);
}

function textLine(change: JsonObject): string {
  return `${printable(`${textOf(change.at)} ${textOf(change.text)}`)}\n`;
}
