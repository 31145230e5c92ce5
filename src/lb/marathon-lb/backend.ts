import type { MarathonHealthCheck } from "../../sources/marathon/app.js";
import type { Server, Service } from "../services.js";
import type { FormatValues } from "./python-format.js";
import { serverCookie, serverId, serverName } from "./server-name.js";
import type { ServiceText, Templates } from "./templates.js";

const TCP_CHECKS: ReadonlySet<string> = new Set(["TCP", "MESOS_TCP"]);

/**
 * The section of a backend.
 *
 * @param backend its name
 * @param ofApp the services of the same app, sorted by port: the check of one may ask the port of another
 */
export function backendText(
  templates: Templates,
  service: Service,
  backend: string,
  ofApp: readonly Service[],
): string {
  const { mode, settings } = service;
  const parts = [templates.service(service, "BACKEND_HEAD", { backend, balance: settings.balance, mode })];
  if (mode === "http") parts.push(...httpParts(templates, service));
  parts.push(...accessParts(templates, service));
  if (settings.isSticky) parts.push(templates.service(service, "BACKEND_STICKY_OPTIONS"));
  const kind = kindOfCheck(service);
  if (service.check && kind) {
    const values = checkValues(service.check, checkPort(service, 0, ofApp));
    parts.push(templates.service(service, `BACKEND_${kind}_HEALTHCHECK_OPTIONS`, values));
  }
  return parts.concat(serverLines(templates, service, ofApp)).join("");
}

function httpParts(templates: Templates, service: Service): readonly string[] {
  const { hasHsts, proxyPath, reversePath, redirectPath, hostname } = service.settings;
  const part = (text: ServiceText, isWanted: boolean, values: FormatValues = {}) =>
    isWanted ? [templates.service(service, text, { hostname, ...values })] : [];
  return [
    ...part("BACKEND_HSTS_OPTIONS", hasHsts),
    ...part("BACKEND_HTTP_OPTIONS", true),
    ...part("HTTP_BACKEND_PROXYPASS_GLUE", proxyPath !== undefined, { proxypath: proxyPath }),
    ...part("HTTP_BACKEND_REVPROXY_GLUE", reversePath !== undefined, { rootpath: reversePath }),
    ...part("HTTP_BACKEND_REDIR", redirectPath !== undefined, { redirpath: redirectPath }),
  ];
}

/** Who may come in. */
function accessParts(templates: Templates, service: Service): readonly string[] {
  const { mode, settings } = service;
  if (settings.allowed.length === 0 || (mode !== "http" && mode !== "tcp")) return [];
  const kind = mode === "http" ? "HTTP" : "TCP";
  const rules = settings.allowed.map((network) =>
    templates.service(service, `${kind}_BACKEND_NETWORK_ALLOWED_ACL`, { network_allowed: network }),
  );
  return [...rules, templates.global(`${kind}_BACKEND_ACL_ALLOW_DENY`)];
}

function serverLines(templates: Templates, service: Service, ofApp: readonly Service[]): readonly string[] {
  const taken = new Set<number>();
  return service.servers.map((server, place) => {
    const name = serverName(server);
    return templates.service(service, "BACKEND_SERVER_OPTIONS", {
      serverName: name,
      serverId: serverId(name, taken),
      host: server.host,
      host_ipv4: server.ip,
      port: server.port,
      cookieOptions: service.settings.isSticky ? ` check cookie ${serverCookie(name)}` : "",
      healthCheckOptions: serverCheck(templates, service, place, ofApp),
      otherOptions: server.isDraining ? " disabled" : "",
    });
  });
}

function serverCheck(templates: Templates, service: Service, place: number, ofApp: readonly Service[]): string {
  const kind = kindOfCheck(service);
  if (!service.check || !kind) return "";
  const port = service.settings.checkIndex === undefined ? service.check.port : checkPort(service, place, ofApp);
  const values = checkValues(service.check, port);
  return templates.serverOptions(service, `BACKEND_SERVER_${kind}_HEALTHCHECK_OPTIONS`, values);
}

function kindOfCheck({ mode, check }: Service): "HTTP" | "TCP" | undefined {
  if (!check) return undefined;
  if (mode === "tcp" || TCP_CHECKS.has(check.protocol)) return "TCP";
  return mode === "http" ? "HTTP" : undefined;
}

/** The port of a server at which its health is asked: its own, or that of another service of the same app. */
function checkPort(service: Service, place: number, ofApp: readonly Service[]): number | undefined {
  const { checkIndex = ofApp.length } = service.settings;
  const asked: readonly Server[] | undefined = ofApp.at(checkIndex)?.servers;
  return (asked?.[place] ?? service.servers[place])?.port;
}

function checkValues(check: MarathonHealthCheck, port: number | undefined): FormatValues {
  const { path = "/", protocol, portIndex, maxConsecutiveFailures } = check;
  return {
    healthCheck: new Map(Object.entries({ ...check }).filter(([, value]) => value !== undefined)),
    healthCheckPortIndex: portIndex,
    healthCheckPort: port,
    healthCheckProtocol: protocol,
    healthCheckPath: path,
    healthCheckTimeoutSeconds: check.timeoutSeconds,
    healthCheckIntervalSeconds: check.intervalSeconds,
    healthCheckGracePeriodSeconds: check.gracePeriodSeconds,
    healthCheckMaxConsecutiveFailures: maxConsecutiveFailures,
    healthCheckFalls: maxConsecutiveFailures + 1,
    healthCheckPortOptions: port ? ` port ${port}` : "",
  };
}
