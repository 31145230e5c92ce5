import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "../unit/sources/mesos/certificate.js";
import { startTlsResolver } from "./live-probes.js";
import { agent, cluster, framework, recoveredAgent, ScriptedMaster, task } from "./scripted-master.js";
import { freePort, Server } from "./server.js";
import { nameError, refusal, type Script, Upstream } from "./upstream.js";

/** A running server whose keys are changed one after the other, and all that it asks. */

export const folder = mkdtempSync(join(tmpdir(), "mesos-dns-live-keys-"));
const pem = selfSigned();
export const [SECRET, OTHER_SECRET] = ["0".repeat(32), "1".repeat(32)];
const SERVFAIL = 2;
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i + 100}`);

export const STATE = (ip: string, withAll = true) =>
  cluster({
    agents: [agent("S0", { ip: "192.0.2.10" })],
    frameworks: [
      framework("marathon", {
        tasks: [
          task("web", { id: "web.1", agent: "S0", ip, ports: [31000], healthy: true }),
          ...(withAll ? [task("web", { id: "web.2", agent: "S0", ip: "203.0.113.2", healthy: false })] : []),
          ...(withAll ? [task("fleet", { agent: "S0", ip: addresses(60) })] : []),
          ...(withAll ? [task("a-name-that-is-longer-than-24", { agent: "S0", ip: "203.0.113.3" })] : []),
        ],
      }),
    ],
  });

/** What a new leader says to which no agent and no framework has come back. */
export const FAILED_OVER = { id: "next", ...cluster({ recovered: [recoveredAgent("S0")] }) };

export let [master, other, secured]: ScriptedMaster[] = [];
export let [one, two]: Upstream[] = [];
let overTls: Awaited<ReturnType<typeof startTlsResolver>>;
export let server: Server;
export let base: Readonly<Record<string, unknown>>;
let isMute = false;

/** Starts it, and what it asks. */
export async function startLive(): Promise<void> {
  [master, other] = [await ScriptedMaster.start(), await ScriptedMaster.start()];
  secured = await ScriptedMaster.start({ tls: { ...pem, ca: pem.cert } });
  [one, two] = [await Upstream.start(reply("198.51.100.1")), await Upstream.start(reply("198.51.100.2"))];
  overTls = await startTlsResolver(pem, "198.51.100.3");
  for (const [name, text] of Object.entries({ cert: pem.cert, key: pem.key })) writeFileSync(join(folder, name), text);
  base = {
    masters: [master.address],
    externalon: true,
    resolvers: [one.address],
    updates: "poll",
    maxShrink: 100,
    tlsPort: await freePort(),
    httpsPort: await freePort(),
    cookieSecret: SECRET,
    serverVersion: "base",
  };
  lead();
  server = await Server.start(base);
}

/** Every name has this address, but those in two zones: one where there are none, and one where each is answered once. */
function reply(data: string): Script {
  const known = new Set<string>();
  return (query) => {
    const name = query.questions?.[0]?.name ?? "";
    const [host = "", zone] = name.toLowerCase().split(/\.(?=(?:missing|once)\.example$)/);
    if (isMute) return undefined;
    if (zone === "missing.example") return nameError(query);
    if (zone !== "once.example") return [{ name, type: "A", ttl: 9, data }];
    if (known.has(host)) return refusal(query, SERVFAIL);
    known.add(host);
    return [{ name, type: "A", ttl: 1, data }];
  };
}

export async function stopLive(): Promise<void> {
  await server.stop();
  for (const started of [master, other, secured, one, two]) await started.stop();
  overTls.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Everybody answers as at the start. */
export function lead(): void {
  master.answerApi({ status: 404 });
  master.lead(STATE("203.0.113.1"));
  other.lead(STATE("203.0.113.9"));
  secured.lead(STATE("203.0.113.8"));
  isMute = false;
}

/** Resolvers do not answer any more until `lead`. */
export function mute(): void {
  isMute = true;
}

export function tlsResolver(): string {
  return `tls://127.0.0.1:${(overTls.address() as AddressInfo).port}`;
}
