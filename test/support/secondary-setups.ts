import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tools.js";

/** What other people's secondaries need beside the lines of `mesos-dns transfer-config`: to run beside others, and to show what they have. */

const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/** Where a secondary is. */
export interface Place {
  readonly folder: string;
  /** The address that it transfers from, and answers on if it can. */
  readonly host: string;
  readonly port: number;
}

function write({ folder }: Place, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

export async function prepareKnot(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  rundir: ${folder}
  listen: ${host}@${port}
database:
  storage: ${folder}
log:
  - target: stderr
    any: warning
`;
  const text = lines
    .replace(/^zone:/m, `zone:`)
    .replace(/^( {4}address: [^\n]*@\d+)$/gm, `$1\n    via: ${host}`)
    .replace("acl:\n", "acl:\n  - id: all\n    action: transfer\n")
    .replace("acl: notify-from-mesos-dns", `acl: [notify-from-mesos-dns, all]\n    storage: ${folder}`);
  return ["-c", write(place, "knot.conf", own + text)];
}

export async function prepareNsd(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  ip-address: ${host}@${port}
  username: ""
  server-count: 1
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
remote-control:
  control-enable: no
`;
  const more = `    outgoing-interface: ${host}\n    provide-xfr: 127.0.0.1 NOKEY\n`;
  return ["-d", "-c", write(place, "nsd.conf", own + lines.replace(/^( {4}name: "mesos-dns"\n)/m, `$1${more}`))];
}

export async function prepareBind(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  serial-query-rate 100;
  transfer-source ${host};
};
controls { };
`;
  const catalogue = /^catalog-zones .*$/m.exec(lines)?.[0] ?? "";
  const zones = lines.replace(catalogue, "").replaceAll("allow-transfer { none; }", "allow-transfer { 127.0.0.1; }");
  const text = own.replace("};\ncontrols", `${catalogue}\n};\ncontrols`) + zones;
  return ["-g", "-c", write(place, "named.conf", text)];
}

export async function preparePowerDns(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `launch=gsqlite3
gsqlite3-database=${folder}/pdns.sqlite3
gsqlite3-pragma-synchronous=0
local-address=${host}
local-port=${port}
query-local-address=${host}
socket-dir=${folder}
daemon=no
guardian=no
secondary=yes
xfr-cycle-interval=5
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
allow-axfr-ips=127.0.0.1
`;
  write(place, "pdns.conf", own);
  await run("sqlite3", ["-bail", join(folder, "pdns.sqlite3")], `.read ${SCHEMA}\n${lines}\n`);
  return [`--config-dir=${folder}`];
}

export async function prepareUnbound(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: "${folder}/unbound.pid"
  interface: ${host}@${port}
  outgoing-interface: ${host}
  do-not-query-localhost: no
  module-config: "iterator"
  use-syslog: no
  logfile: ""
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
`;
  return ["-d", "-c", write(place, "unbound.conf", own + lines)];
}
