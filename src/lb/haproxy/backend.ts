import { serverCookie, serverId, serverName } from "../marathon-lb/server-name.js";
import type { Service } from "../services.js";
import type { Backend, BackendServer } from "./balancer.js";
import { balance, bindAddress, bindOptions, file, format, hostNames, networks, pattern, word } from "./words.js";

/** What HAProxy can check; `undefined` leaves it to what Marathon says. */
const CHECKS: ReadonlyMap<string, "http" | "https" | "tcp"> = new Map([
  ["HTTP", "http"],
  ["MESOS_HTTP", "http"],
  ["HTTPS", "https"],
  ["MESOS_HTTPS", "https"],
  ["TCP", "tcp"],
  ["MESOS_TCP", "tcp"],
]);
/** One year, in seconds, is what browsers' lists ask for; this is the half of it that marathon-lb says. */
const HSTS_SECONDS = 15_768_000;
export const COOKIE = "mesosphere_server_id";

export interface BackendOptions {
  readonly name: string;
  /** Whether it has its port. */
  readonly isBound: boolean;
  /** The services of the same app. */
  readonly ofApp: readonly Service[];
  /** What cookies of servers are made with that come while HAProxy runs. */
  readonly cookieKey: string;
}

/** A service as HAProxy has it. Throws an Error that says which label or value cannot be in a configuration. */
export function backendOf(service: Service, options: BackendOptions): Backend {
  const { mode, settings } = service;
  if (mode !== "http" && mode !== "tcp") throw new Error(`MODE is "${mode}", and has to be http or tcp`);
  const { name } = options;
  return {
    name,
    appId: service.appId,
    frontend: options.isBound ? frontendLines(service, name) : [],
    lines: [
      `backend ${name}`,
      `  mode ${mode}`,
      `  balance ${balance(settings.balance)}`,
      ...timeoutLines(service, ["server", "tunnel"]),
      ...(mode === "http" ? httpLines(service) : []),
      ...accessLines(service),
      ...(isSticky(service) ? [stickyLine, `  dynamic-cookie-key ${word(options.cookieKey)}`] : []),
      ...checkLines(service),
    ],
    serverOptions: serverOptions(service),
    isSticky: isSticky(service),
    servers: serversOf(service, options),
  };
}

const stickyLine = `  cookie ${COOKIE} insert indirect nocache dynamic`;

function isSticky({ mode, settings }: Service): boolean {
  return settings.isSticky && mode === "http";
}

function frontendLines(service: Service, name: string): readonly string[] {
  const { port, mode, settings } = service;
  if (!(port > 0 && port <= 65_535)) throw new Error(`its port is ${port}`);
  const certificate = settings.certificate && ` ssl crt ${file(settings.certificate, "SSL_CERT")}`;
  const options = settings.bindOptions && bindOptions(settings.bindOptions);
  const address = bindAddress(settings.bindAddress);
  return [
    // A frontend and a backend cannot have one name.
    `frontend ${name}:in`,
    `  bind ${address.includes(":") ? `[${address}]` : address}:${port}${certificate ?? ""}${options ?? ""}`,
    `  mode ${mode}`,
    ...timeoutLines(service, ["client", "tunnel"]),
    `  default_backend ${name}`,
  ];
}

function timeoutLines({ settings }: Service, sides: readonly ("client" | "server" | "tunnel")[]): readonly string[] {
  // A tunnel's time is the backend's.
  return sides.flatMap((side) => {
    const time = side === "tunnel" && sides.includes("client") ? undefined : settings.timeouts[side];
    return time === undefined ? [] : [`  timeout ${side} ${time}`];
  });
}

function httpLines({ settings }: Service): readonly string[] {
  const { hasHsts, proxyPath, reversePath, redirectPath, hostname } = settings;
  const names = hostname === undefined ? [] : hostNames(hostname).filter((name) => !name.startsWith("*"));
  return [
    "  option forwardfor",
    "  http-request set-header X-Forwarded-Port %[dst_port]",
    "  http-request set-header X-Forwarded-Proto https if { ssl_fc }",
    ...(hasHsts ? [`  http-response set-header Strict-Transport-Security max-age=${HSTS_SECONDS}`] : []),
    ...(redirectPath === undefined ? [] : redirectLines(redirectPath, names)),
    ...(proxyPath === undefined ? [] : proxyLines(proxyPath, names)),
    ...(reversePath === undefined ? [] : [reverseLine(reversePath, names)]),
  ];
}

function redirectLines(path: string, names: readonly string[]): readonly string[] {
  const host = names.length === 0 ? "" : ` { req.hdr(host),lower,field(1,:) ${names.join(" ")} }`;
  return [`  http-request redirect code 301 location ${format(path)} if { path / }${host}`];
}

/** The prefix is cut wherever a path begins so, also in the middle of a segment. */
function proxyLines(path: string, [host]: readonly string[]): readonly string[] {
  return [
    ...(host === undefined ? [] : [`  http-request set-header Host ${format(host)}`]),
    `  http-request replace-path ${word(`^${pattern(path)}/?(.*)`)} /\\1`,
  ];
}

function reverseLine(path: string, names: readonly string[]): string {
  const hosts = names.length === 0 ? "[^/]+" : `(${names.map(pattern).join("|")})`;
  const match = word(`^(https?://${hosts}(:[0-9]+)?)?/.*`);
  return `  http-response replace-header Location ${match} ${format(path.replaceAll("\\", "\\\\"))}`;
}

/** Who may come in. */
function accessLines({ mode, settings }: Service): readonly string[] {
  if (settings.allowed.length === 0) return [];
  const allowed = networks(settings.allowed).join(" ");
  const refuse = mode === "http" ? "http-request deny" : "tcp-request content reject";
  return [`  ${refuse} unless { src ${allowed} }`];
}

function checkLines({ check, settings }: Service): readonly string[] {
  const kind = check && CHECKS.get(check.protocol);
  if (!check || !kind) return [];
  const { checkIndex } = settings;
  // Lines of servers do not bring about a reload: where they are asked is told here as well.
  const where = checkIndex === undefined ? [] : [`  # checked at the ports of service ${checkIndex}`];
  const ask = kind === "tcp" ? [] : ["  option httpchk", `  http-check send meth GET uri ${word(check.path ?? "/")}`];
  return [...where, ...ask, `  timeout check ${check.timeoutSeconds}s`];
}

function serverOptions({ check }: Service): string {
  const kind = check && CHECKS.get(check.protocol);
  if (!check || !kind) return "";
  const tls = kind === "https" ? " check-ssl verify none" : "";
  const port = check.port === undefined ? "" : ` port ${check.port}`;
  return ` check${tls}${port} inter ${check.intervalSeconds}s fall ${check.maxConsecutiveFailures + 1}`;
}

function serversOf(service: Service, options: BackendOptions): readonly BackendServer[] {
  const taken = new Set<number>();
  const names = new Set<string>();
  const checked = checkedPorts(service, options.ofApp);
  return service.servers.flatMap((server) => {
    const name = serverName(server);
    // Two tasks cannot be at one place: one of them is not there any more.
    if (names.has(name)) return [];
    names.add(name);
    return [
      {
        name,
        id: serverId(name, taken),
        taskId: server.taskId,
        ip: server.ip,
        port: server.port,
        checkPort: checked?.get(server.taskId),
        cookie: isSticky(service) ? serverCookie(name) : undefined,
        isDraining: server.isDraining,
      },
    ];
  });
}

/** Where each task is asked whether it is well, if that is at another of its services: by the task's id. */
function checkedPorts(
  { check, settings }: Service,
  ofApp: readonly Service[],
): ReadonlyMap<string, number> | undefined {
  if (!CHECKS.has(check?.protocol ?? "") || settings.checkIndex === undefined) return undefined;
  const asked = ofApp.find(({ index }) => index === settings.checkIndex);
  return asked && new Map(asked.servers.map(({ taskId, port }) => [taskId, port]));
}
