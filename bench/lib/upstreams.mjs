/** Other servers for measurements: NSD with a zone that has an answer for every name, Unbound as a peer, and Knot as another. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstAnswer } from "./client.mjs";
import { cpuSeconds, freePort, memoryOf, threadSeconds } from "./server.mjs";

const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** Every name below it has an address. */
export const ZONE = "bench.example";

export async function startPeer(command, args, port, name, folder) {
  const child = spawn(command, args, { env: ENVIRONMENT, stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await firstAnswer(port, name);
  return {
    port,
    address: `127.0.0.1:${port}`,
    cpuSeconds: () => cpuSeconds(child.pid),
    threadSeconds: () => threadSeconds(child.pid),
    memory: () => memoryOf(child.pid),
    signal: (signal) => child.kill(signal),
    stop: async () => {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** NSD, in the foreground as one process that serves. */
export async function startNsd() {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-nsd-"));
  const port = await freePort();
  const zone = `$ORIGIN ${ZONE}.
@ 3600 IN SOA ns root 1 3600 600 86400 60
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.53
* 3600 IN A 192.0.2.1
`;
  const config = `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: ""
  zonelistfile: "${folder}/zones"
  xfrdfile: "${folder}/xfrd"
  xfrdir: "${folder}"
  server-count: 1
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "${ZONE}"
  zonefile: "${folder}/zone"
`;
  writeFileSync(join(folder, "zone"), zone);
  writeFileSync(join(folder, "nsd.conf"), config);
  return startPeer("nsd", ["-d", "-c", join(folder, "nsd.conf")], port, `first.${ZONE}`, folder);
}

/** A zone, and the server to ask for it. */
function stubOf([zone, { port }]) {
  return `stub-zone:\n  name: "${zone}"\n  stub-addr: 127.0.0.1@${port}\n  stub-no-cache: no\n`;
}

/** Unbound with so many threads, forwarding everything to `upstream`, but for zones with servers of their own. */
export async function startUnbound(upstream, { threads = 1, stubs = {}, first = `first.${ZONE}` } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-unbound-"));
  const port = await freePort();
  const config = `server:
  interface: 127.0.0.1
  port: ${port}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  num-threads: ${threads}
  module-config: "iterator"
  so-reuseport: yes
  msg-cache-size: 64m
  rrset-cache-size: 64m
  outgoing-range: 8192
  num-queries-per-thread: 4096
remote-control:
  control-enable: no
${Object.entries(stubs).map(stubOf).join("")}${upstream ? `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${upstream.port}\n` : ""}`;
  writeFileSync(join(folder, "unbound.conf"), config);
  return startPeer("unbound", ["-d", "-c", join(folder, "unbound.conf")], port, first, folder);
}

/** Knot DNS with the zone that this server prints. @param workers threads that answer over UDP */
export async function startKnot(zone, file, workers) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-knot-"));
  const port = await freePort();
  const config = `server:
    rundir: ${folder}
    listen: 127.0.0.1@${port}
    udp-workers: ${workers}
    tcp-workers: 1
    background-workers: 1
    tcp-io-timeout: 30000
database:
    storage: ${join(folder, "data")}
log:
  - target: stderr
    any: warning
acl:
  - id: transfers
    address: 127.0.0.1
    action: transfer
zone:
  - domain: ${zone}
    file: ${file}
    acl: transfers
    journal-content: none
    zonefile-sync: -1
`;
  writeFileSync(join(folder, "knot.conf"), config);
  return startPeer("knotd", ["-c", join(folder, "knot.conf")], port, `leader.${zone}`, folder);
}
