/** Other people's secondaries of the server under measurement, configured with what `mesos-dns transfer-config` prints. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, MAIN } from "./server.mjs";
import { startPeer } from "./upstreams.mjs";

const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

const write = (folder, name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Each: the program, its name for `transfer-config`, and its arguments, for the lines that were printed. */
const KINDS = {
  BIND: {
    command: "named",
    name: "bind",
    prepare: (lines, folder, port) => {
      const own = `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; recursion no; dnssec-validation no; serial-query-rate 100; };\ncontrols { };\n`;
      return ["-f", "-c", write(folder, "named.conf", own + lines)];
    },
  },
  Knot: {
    command: "knotd",
    name: "knot",
    prepare: (lines, folder, port) => {
      const own = `server:\n  rundir: ${folder}\n  listen: 127.0.0.1@${port}\ndatabase:\n  storage: ${folder}\n`;
      const stored = lines.replace(
        "    acl: notify-from-mesos-dns\n",
        `    acl: notify-from-mesos-dns\n    storage: ${folder}\n`,
      );
      return ["-c", write(folder, "knot.conf", own + stored)];
    },
  },
  NSD: {
    command: "nsd",
    name: "nsd",
    prepare: (lines, folder, port) => {
      const own = `server:\n  ip-address: 127.0.0.1@${port}\n  username: ""\n  server-count: 1\n  zonesdir: "${folder}"\n  database: ""\n  pidfile: "${folder}/nsd.pid"\n  xfrdfile: "${folder}/xfrd.state"\n  zonelistfile: "${folder}/zone.list"\n  xfrdir: "${folder}"\nremote-control:\n  control-enable: no\n`;
      return ["-d", "-c", write(folder, "nsd.conf", own + lines)];
    },
  },
  PowerDNS: {
    command: "pdns_server",
    name: "powerdns",
    prepare: (lines, folder, port) => {
      const own = `launch=gsqlite3\ngsqlite3-database=${folder}/pdns.sqlite3\ngsqlite3-pragma-synchronous=0\nlocal-address=127.0.0.1\nlocal-port=${port}\nsocket-dir=${folder}\ndaemon=no\nguardian=no\nsecondary=yes\nxfr-cycle-interval=5\ncache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n`;
      write(folder, "pdns.conf", own);
      execFileSync("sqlite3", ["-bail", join(folder, "pdns.sqlite3")], { input: `.read ${SCHEMA}\n${lines}\n` });
      return [`--config-dir=${folder}`];
    },
  },
  Unbound: {
    command: "unbound",
    name: "unbound",
    prepare: (lines, folder, port) => {
      const own = `server:\n  directory: "${folder}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  interface: 127.0.0.1@${port}\n  do-not-query-localhost: no\n  module-config: "iterator"\n  use-syslog: no\nremote-control:\n  control-enable: no\n`;
      return ["-d", "-c", write(folder, "unbound.conf", own + lines)];
    },
  },
};

export const SECONDARIES = Object.keys(KINDS);

/** The program of a secondary. */
export const commandOf = (kind) => KINDS[kind].command;

/** A free port, and what the configuration of the server has to say of one secondary there. Unbound signs nothing. */
export async function planSecondary(kind) {
  const port = await freePort();
  const key =
    kind === "Unbound" ? undefined : { name: "secondary.example", secret: Buffer.alloc(32, kind).toString("base64") };
  return {
    kind,
    port,
    key,
    config: {
      tsigKeys: key ? [key] : [],
      allowTransfer: [key ? `key:${key.name}` : "127.0.0.1"],
      notify: [{ address: "127.0.0.1", port, ...(key && { key: key.name }) }],
    },
  };
}

/** Starts it, and resolves when it answers for the name. @param server as `startServer` gives it */
export async function startSecondary({ kind, port, key }, server, name) {
  const { command, name: word, prepare } = KINDS[kind];
  const folder = mkdtempSync(join(tmpdir(), `mesos-dns-bench-${word}-`));
  const signed = key ? ["--key", key.name] : [];
  const words = [MAIN, "transfer-config", word, "--primary", `127.0.0.1:${server.port}`, ...signed];
  const { stdout } = await promisify(execFile)(process.execPath, [...words, "-config", server.file]);
  const lines = stdout.replaceAll(/<the secret of [^>]*>/g, key?.secret ?? "");
  try {
    return await startPeer(command, prepare(lines, folder, port), port, name, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
