import { MesosDnsError } from "../../../src/base/errors.js";
import type { Config } from "../../../src/config/config.js";
import { type Loaded, type LoadOptions, loadConfig } from "../../../src/config/load.js";

/** Long defaults. */
export const PRIVATE_NETWORKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];
export const RATE_LIMIT = {
  answersPerSecond: 0,
  negativesPerSecond: 0,
  errorsPerSecond: 0,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
};
export const FORWARDING = { maxQueries: 8192, maxQueriesPerClient: 2048, maxQueriesPerResolver: 4096 };
export const CACHE = {
  enabled: true,
  maxBytes: 67_108_864,
  minTtl: 0,
  maxTtl: 86_400,
  maxNegativeTtl: 3600,
  prefetch: true,
  staleSeconds: 86_400,
  allowFlush: false,
};
export const QUERY_LOG = {
  format: "off",
  file: "",
  socket: "",
  messages: "responses",
  sample: 1,
  names: [],
  types: [],
  rcodes: [],
  clients: [],
  ipv4PrefixLength: 32,
  ipv6PrefixLength: 128,
  bufferBytes: 4_194_304,
  maxBytes: 1_073_741_824,
  keepFiles: 4,
};
export const CONSUL = {
  enabled: false,
  domain: "consul",
  altDomain: "",
  datacenter: "dc1",
  nodeName: "",
  httpListener: "127.0.0.1",
  httpPort: 8500,
  register: "all",
  tags: [],
  ttl: 0,
  onlyPassing: false,
  udpAnswerLimit: 3,
  enableTruncate: false,
  mesosService: "",
  allowWrite: ["127.0.0.0/8", "::1/128"],
  token: "",
  kv: "file",
  kvMaxKeys: 10_000,
  kvMaxBytes: 67_108_864,
};

export const VIPS = {
  names: false,
  ttl: 5,
  ipv4Range: { first: "11.0.0.0", last: "11.255.255.254" },
  ipv6Range: { first: "fd01:c::", last: "fd01:c::ffff:ffff:ffff:ffff" },
  addresses: [],
  failOpen: false,
  lingerSeconds: 60,
};
/** The keys that nodes read. */
export const VIP_NODE = {
  dataPlane: "haproxy",
  source: "servers",
  servers: [],
  runDir: "/run/mesos-dns-vips",
  maxConnections: 20_000,
  drainSeconds: 0,
  probe: true,
  statusListener: { host: "127.0.0.1", port: 8_124 },
};
/** The keys of the load balancer. */
export const LB = {
  enabled: false,
  listen: { host: "127.0.0.1", port: 8_127 },
  source: "marathon",
  marathons: [],
  groups: [],
  strict: false,
  healthy: "required",
  format: "haproxy",
  vhosts: {
    map: "auto",
    groupHttps: false,
    http: { host: "0.0.0.0", port: 80 },
    https: { host: "0.0.0.0", port: 443 },
    appId: { host: "0.0.0.0", port: 9_091 },
    stats: { host: "127.0.0.1", port: 9_090 },
    certificates: [],
  },
  ports: { min: 10_050, max: 10_100 },
  templatesDir: "",
  haproxy: {
    binary: "haproxy",
    configFile: "",
    runDir: "/run/mesos-dns-lb",
    manage: true,
    reloadCommand: ["systemctl", "reload", "haproxy"],
    validate: true,
    hardStopAfter: 3_600,
  },
  refreshSeconds: 60,
  allowTemplates: "auto",
  reload: { coalesceMs: 250, minIntervalSeconds: 5 },
  drainSeconds: 30,
  lingerSeconds: 60,
  bamboo: {
    listen: { host: "127.0.0.1", port: 8_000 },
    zookeeper: "",
    path: "/marathon-haproxy/state",
    file: "",
    template: "",
    defaultRule: false,
    token: "",
  },
  statsd: { host: false, prefix: "" },
  legacyEnv: false,
};
export const TCP = { maxConnections: 4096, maxConnectionsPerClient: 256, idleSeconds: 30, stalledSeconds: 10 };

export const MASTERS = { masters: ["192.0.2.1:5050"] };

/** Loads `keys` (or a text) as the file, with an empty environment and machine unless `options` differ. */
export function load(keys: object | string, options: Partial<LoadOptions> = {}): Loaded {
  const text = typeof keys === "string" ? keys : JSON.stringify(keys);
  return loadConfig({
    file: "config.json",
    env: {},
    readFile: () => text,
    systemResolvers: () => [],
    machineAddresses: () => [],
    ...options,
  });
}

/** The configuration of `keys` with one master given. */
export function configOf(keys: object = {}, options: Partial<LoadOptions> = {}): Config {
  return load({ ...MASTERS, ...keys }, options).config;
}

/** The warnings of `keys` with one master given. */
export function warningsOf(keys: object = {}, options: Partial<LoadOptions> = {}): readonly string[] {
  return load({ ...MASTERS, ...keys }, options).warnings;
}

/** The lines of the faults in `keys`, to which one master is added. */
export function faultsOf(keys: object = {}, options: Partial<LoadOptions> = {}): readonly string[] {
  const [, ...lines] = failure(() => load({ ...MASTERS, ...keys }, options)).message.split("\n");
  return lines.map((line) => line.trim());
}

/** The error that `action` throws. */
export function failure(action: () => unknown): MesosDnsError {
  try {
    action();
  } catch (error) {
    if (error instanceof MesosDnsError) return error;
    throw error;
  }
  throw new Error("no failure where one was expected");
}
