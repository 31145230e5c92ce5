import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type At, askTcp } from "./ask.js";
import { freePort } from "./server.js";
import { start } from "./tools.js";
import { until } from "./wait.js";

export interface Nsd extends At {
  /** As in the configuration's `resolvers`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** NSD, authoritative for one zone, on a free port of 127.0.0.1. */
export async function startNsd(zone: string, records: string): Promise<Nsd> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-nsd-"));
  const port = await freePort();
  writeFileSync(join(folder, "zone"), records);
  writeFileSync(join(folder, "nsd.conf"), configuration(folder, port, zone));
  const { child, lost } = start("nsd", ["-d", "-c", join(folder, "nsd.conf")]);
  const nsd: Nsd = {
    host: "127.0.0.1",
    port,
    address: `127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const serving = until("NSD", async () => (await askTcp(nsd, zone, { type: "SOA" })).rcode === "NOERROR");
  await Promise.race([serving, lost]).catch(async (error: unknown) => {
    await nsd.stop();
    throw error;
  });
  return nsd;
}

function configuration(folder: string, port: number, zone: string): string {
  return `
server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  pidfile: ""
  zonesdir: "${folder}"
  xfrdir: "${folder}"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
remote-control:
  control-enable: no
zone:
  name: ${zone}
  zonefile: "${folder}/zone"
`;
}
