/** Services to HAProxy's configuration, and back. */
import { MesosDnsError } from "../../base/errors.js";
import { formatHostPort } from "../../base/host-port.js";
import { type Service, type ServiceAddress, serviceKey, type Target } from "../model.js";
import { backendName, frontendName, isWeight, serverName, serviceOfFrontend, targetOfServer } from "./names.js";

export interface HaproxySettings {
  /** The folder of its configuration, its process id and its socket. */
  readonly runDir: string;
  /** Connections at a time. */
  readonly maxConnections: number;
  /** Connections of a worker that a reload has replaced are cut after so many seconds; 0: never. */
  readonly drainSeconds: number;
}

/** Sockets and files that are no connections: its own, those of its threads, and those handed over at a reload. */
const OTHER_DESCRIPTORS = 500;

/** How many file descriptors it needs: two a connection, one a service. HAProxy refuses to start with fewer. */
export function descriptorsFor({ maxConnections }: HaproxySettings, services: number): number {
  return 2 * maxConnections + services + OTHER_DESCRIPTORS;
}

export function socketPath({ runDir }: HaproxySettings): string {
  return `${runDir}/vips.sock`;
}

/** The whole configuration. @throws {MesosDnsError} VIP_PLANE if it needs more files than it may have open */
export function affordableConfig(services: readonly Service[], settings: HaproxySettings, descriptors: number): string {
  const needed = descriptorsFor(settings, services.length);
  if (needed <= descriptors) return renderConfig(services, settings);
  const what = `${settings.maxConnections} connections at a time need ${needed} open files`;
  const advice = "set LimitNOFILE of the unit (in a shell: ulimit -n), or a smaller vips.maxConnections";
  throw new MesosDnsError("VIP_PLANE", `${what}, and ${descriptors} are allowed: ${advice}`);
}

/**
 * The whole configuration. A service that should refuse connections is rendered as one that takes them: HAProxy cannot enable at runtime
 * what its configuration disables ("was previously shut down"). It has to be told after it has read this.
 */
export function renderConfig(services: readonly Service[], settings: HaproxySettings): string {
  const { maxConnections, drainSeconds } = settings;
  const lines = [
    "# Written by mesos-dns. What is changed here is lost.",
    "global",
    `  stats socket '${socketPath(settings)}' mode 600 level admin expose-fd listeners`,
    `  maxconn ${maxConnections}`,
    ...(drainSeconds > 0 ? [`  hard-stop-after ${drainSeconds}s`] : []),
    "defaults",
    "  mode tcp",
    `  maxconn ${maxConnections}`,
    "  balance leastconn",
    "  timeout connect 1s",
    "  timeout client 24h",
    "  timeout server 24h",
    "  option clitcpka",
    "  option srvtcpka",
    "  retries 3",
    "  option redispatch 1",
    ...services.flatMap(sectionsOf),
  ];
  return `${lines.join("\n")}\n`;
}

function sectionsOf(service: Service): readonly string[] {
  const backend = backendName(service);
  return [
    `frontend ${frontendName(service)}`,
    `  bind ${formatHostPort({ host: service.address, port: service.port })}`,
    `  default_backend ${backend}`,
    `backend ${backend}`,
    ...service.targets.map((target) => `  server ${serverOf(target)}`),
  ];
}

/** A server as the configuration and `add server` have it: name, address, weight. */
export function serverOf(target: Target): string {
  const address = formatHostPort({ host: target.ip, port: target.port });
  return `${serverName(target)} ${address} weight ${target.weight}`;
}

/** The services of a configuration that was rendered. What is not ours in it is left out. */
export function parseConfig(text: string): readonly Service[] {
  const services: (ServiceAddress & { name: string; targets: Target[] })[] = [];
  for (const line of text.split("\n")) {
    const [word, name = "", , , weight] = line.trim().split(" ");
    const service = word === "frontend" ? serviceOfFrontend(name) : undefined;
    if (service) services.push({ ...service, name: serviceKey(service), targets: [] });
    const target = word === "server" && isWeight(Number(weight)) ? targetOfServer(name) : undefined;
    if (target) services.at(-1)?.targets.push({ ...target, weight: Number(weight) });
  }
  return services;
}
