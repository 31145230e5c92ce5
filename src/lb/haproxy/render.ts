import { createHash } from "node:crypto";
import { formatHostPort } from "../../base/host-port.js";
import type { Backend, BackendServer, Balancer } from "./balancer.js";
import { word } from "./words.js";

export interface HeadOptions {
  /** Where HAProxy is asked and told while it runs. */
  readonly socket: string;
  /** The folder and name of the file that keeps what is known of servers over a reload. */
  readonly stateFolder: string;
  /** Where HAProxy tells of itself, as `0.0.0.0:9090`. */
  readonly stats: string | undefined;
  /** Where this program answers, for what HAProxy cannot tell itself. */
  readonly api: string | undefined;
  /** Connections of a worker that a reload has replaced are cut after so many seconds; 0: never. */
  readonly hardStopAfter: number;
}

const CIPHERS = ["ECDHE+AESGCM", "ECDHE+CHACHA20", "DHE+AESGCM", "!aNULL", "!MD5", "!DSS"].join(":");

const DESCRIPTION = "  description ";

/** The whole configuration, for HAProxy 2.4 and later. While it runs, its description tells which structure it has. */
export function renderBalancer(balancer: Balancer, head: HeadOptions): string {
  const [title = "", global = "", ...lines] = headLines(head);
  const description = `${DESCRIPTION}${descriptionOf(structureFor(balancer, head))}`;
  const all = [title, global, description, ...lines, ...balancer.head, ...balancer.backends.flatMap(backendLines)];
  return `${all.join("\n")}\n`;
}

/** What only a reload can change: a configuration without its servers. */
export function structureOf(config: string): string {
  return config
    .split("\n")
    .filter((line) => !line.startsWith("  server ") && !line.startsWith(DESCRIPTION))
    .join("\n");
}

/** What HAProxy tells of itself that runs with this structure. */
export function descriptionOf(structure: string): string {
  return `mesos-dns-${createHash("sha256").update(structure).digest("hex").slice(0, 32)}`;
}

/** The same of a configuration that has not been rendered. */
export function structureFor(balancer: Balancer, head: HeadOptions): string {
  const backends = balancer.backends.map((backend) => {
    const known = structures.get(backend);
    if (known !== undefined) return known;
    const text = backendLines({ ...backend, servers: [] }).join("\n");
    structures.set(backend, text);
    return text;
  });
  return `${[structureOf([...headLines(head), ...balancer.head].join("\n")), ...backends].join("\n")}\n`;
}

/** Those of backends that are the same objects are not put together again. */
const structures = new WeakMap<Backend, string>();

export function renderMap(entries: ReadonlyMap<string, string>): string {
  return Array.from(entries, ([key, value]) => `${key} ${value}\n`).join("");
}

function headLines({ socket, stateFolder, stats, api, hardStopAfter }: HeadOptions): readonly string[] {
  return [
    "# Written by mesos-dns. What is changed here is lost.",
    "global",
    "  log /dev/log local0",
    "  log /dev/log local1 notice",
    `  stats socket ${word(socket)} mode 600 level admin expose-fd listeners`,
    "  server-state-file servers.state",
    `  server-state-base ${word(stateFolder)}`,
    "  spread-checks 5",
    "  max-spread-checks 15000",
    ...(hardStopAfter > 0 ? [`  hard-stop-after ${hardStopAfter}s`] : []),
    "  tune.ssl.default-dh-param 2048",
    `  ssl-default-bind-ciphers ${CIPHERS}`,
    "  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    `  ssl-default-server-ciphers ${CIPHERS}`,
    "  ssl-default-server-options ssl-min-ver TLSv1.2 no-tls-tickets",
    "defaults",
    "  log global",
    "  load-server-state-from-file global",
    "  retries 3",
    "  option redispatch",
    "  option dontlognull",
    "  option http-server-close",
    "  timeout connect 3s",
    "  timeout client 30s",
    "  timeout server 30s",
    "  timeout tunnel 1h",
    "  timeout http-keep-alive 1s",
    "  timeout http-request 15s",
    "  timeout queue 30s",
    "  timeout tarpit 60s",
    ...(stats === undefined ? [] : statsLines(stats, api)),
  ];
}

function statsLines(bind: string, api: string | undefined): readonly string[] {
  const ours = [
    "  use_backend mesos-dns if { path_beg /_haproxy_get } || { path_beg /_mlb_signal/ }",
    "backend mesos-dns",
    "  mode http",
    `  server mesos-dns ${api}`,
  ];
  return [
    "listen stats",
    `  bind ${bind}`,
    "  mode http",
    "  stats enable",
    "  monitor-uri /_haproxy_health_check",
    "  http-request use-service prometheus-exporter if { path /metrics }",
    ...(api === undefined ? [] : ours),
  ];
}

function backendLines({ frontend, lines, servers, serverOptions }: Backend): readonly string[] {
  return [
    ...frontend,
    ...lines,
    ...(serverOptions === "" ? [] : [`  default-server${serverOptions}`]),
    ...servers.map((server) => `  server ${serverText(server)}${server.isDraining ? " disabled" : ""}`),
  ];
}

/** A server as a configuration and `add server` have it, without what all servers of its backend have. */
export function serverText({ name, id, ip, port, cookie, checkPort }: BackendServer): string {
  const cookieWord = cookie === undefined ? "" : ` cookie ${word(cookie)}`;
  const check = checkPort === undefined ? "" : ` port ${checkPort}`;
  return `${name} ${formatHostPort({ host: ip, port })} id ${id}${cookieWord}${check}`;
}
