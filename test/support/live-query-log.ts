import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ask, overHttps, shows } from "./live-asks.js";
import type { Change } from "./live-change.js";
import { folder } from "./live-server.js";
import { run } from "./tools.js";

/** The keys of the query log. Each has files of its own: what others have logged is not in them. */

type Line = Readonly<Record<string, unknown>>;
type Asker = (name: string) => Promise<unknown>;

/** How long a line that is not there is waited for. */
const NONE_MS = 1_000;
const STEP_MS = 20;

let serial = 0;
const path = () => join(folder, `queries-${serial++}`);
const json = (file: string, keys: object = {}) => ({ queryLog: { format: "json", file, ...keys } });

/** The line of a query that is asked now; undefined when there is none in time. */
async function logged(file: string, asked: Asker = ask): Promise<Line | undefined> {
  const name = `logged-${serial++}.mesos`;
  await asked(name);
  for (const end = Date.now() + NONE_MS; Date.now() < end; ) {
    const line = (existsSync(file) ? readFileSync(file, "utf8") : "").split("\n").find((text) => text.includes(name));
    if (line?.endsWith("}")) return JSON.parse(line);
    await new Promise((done) => setTimeout(done, STEP_MS));
  }
  return undefined;
}

/** A key that keeps a query out which was logged without it. */
const filter = (key: string, value: unknown) => () => {
  const file = path();
  return { given: json(file), to: json(file, { [key]: value }), isSeen: async () => !(await logged(file)) };
};

/** A key of which the address in a line tells, asked over HTTPS from behind a proxy. */
const cut = (key: string, bits: number, client: string, wanted: string) => () => {
  const file = path();
  const proxied = (name: string) => overHttps(name, { "x-forwarded-for": client });
  const trusted = { trustedProxies: ["127.0.0.0/8"] };
  return {
    given: { ...trusted, ...json(file) },
    to: { ...trusted, ...json(file, { [key]: bits }) },
    isSeen: async () => (await logged(file, proxied))?.client === wanted,
  };
};

/** A program that takes connections at a Unix socket. */
function reader(socket: string): { connections: number } {
  const seen = { connections: 0 };
  const listener = createServer((connection) => {
    seen.connections++;
    connection.on("error", () => undefined).resume();
  });
  listener.listen(socket).unref();
  return seen;
}

/** What BIND's reader finds in the stream that is being written. */
const stream = async (file: string) => (await run("dnstap-read", [file])).stdout;

export const QUERY_LOG_CHANGES: Readonly<Record<string, () => Change>> = {
  "queryLog.format": () => {
    const file = path();
    return { to: json(file), isSeen: async () => (await logged(file)) !== undefined };
  },
  "queryLog.file": () => {
    const file = path();
    return { given: json(path()), to: json(file), isSeen: async () => (await logged(file)) !== undefined };
  },
  "queryLog.socket": () => {
    const socket = path();
    const seen = reader(socket);
    return {
      given: { queryLog: { format: "dnstap", file: path() } },
      to: { queryLog: { format: "dnstap", socket } },
      isSeen: async () => seen.connections > 0,
    };
  },
  "queryLog.messages": () => {
    const keys = { format: "dnstap", file: path() };
    return {
      given: { queryLog: keys },
      to: { queryLog: { ...keys, messages: "queries" } },
      isSeen: async () => {
        await ask("web.marathon.mesos");
        return / CQ /.test(await stream(keys.file));
      },
    };
  },
  "queryLog.sample": filter("sample", 0.000_001),
  "queryLog.names": filter("names", ["elsewhere.example"]),
  "queryLog.types": filter("types", ["TXT"]),
  "queryLog.rcodes": filter("rcodes", ["SERVFAIL"]),
  "queryLog.clients": filter("clients", ["192.0.2.0/24"]),
  "queryLog.ipv4PrefixLength": cut("ipv4PrefixLength", 24, "192.0.2.77", "192.0.2.0"),
  "queryLog.ipv6PrefixLength": cut("ipv6PrefixLength", 48, "2001:db8::77", "2001:db8::"),
  "queryLog.bufferBytes": () => ({
    to: { queryLog: { bufferBytes: 1_048_576 } },
    isSeen: shows("QueryLog", (log) => (log as Line).bufferBytes === 1_048_576),
  }),
  "queryLog.maxBytes": () => {
    const file = path();
    return {
      given: json(file),
      to: json(file, { maxBytes: 1 }),
      isSeen: async () => {
        await logged(file);
        return existsSync(`${file}.1`);
      },
    };
  },
  "queryLog.keepFiles": () => {
    const file = path();
    return {
      given: json(file, { maxBytes: 1 }),
      to: json(file, { maxBytes: 1, keepFiles: 1 }),
      isSeen: async () => {
        rmSync(`${file}.2`, { force: true });
        for (let count = 0; count < 3; count++) await logged(file);
        return !existsSync(`${file}.2`);
      },
    };
  },
};
