import { shows } from "./live-asks.js";
import type { Change } from "./live-change.js";
import { server } from "./live-server.js";
import { freePort } from "./server.js";

/** The keys of health checks and of virtual addresses. */

const CHECK = { type: "tcp", address: "192.0.2.30", port: 1 };
const CHECKS = { healthChecks: { db: CHECK } };
const TOKEN = "a-token-of-some-length";

const statusOf = async (path: string) => (await server.fetch(path)).status;

/** What comes of the wish that an instance is down. */
async function overridden(headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: '{"force": null}' };
  return (await server.fetch("/v1/health/db", init)).status;
}

const vip = (key: string, value: unknown) => () => ({
  to: { vips: { [key]: value } },
  isSeen: shows(
    "Vips",
    (vips) => JSON.stringify((vips as Readonly<Record<string, unknown>>)[key]) === JSON.stringify(value),
  ),
});

const CONSUL_PORTS = [await freePort(), await freePort()] as const;
const SERVED = { enabled: true, httpPort: CONSUL_PORTS[0] };

/** The body of an answer of Consul's API; "" while there is none. */
async function askConsul(path: string, port: number = CONSUL_PORTS[0], init: RequestInit = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init).catch(() => undefined);
  return (await response?.text()) ?? "";
}

/** A key of Consul's API while that is served. */
const consul = (key: string, value: unknown, isSeen: () => Promise<boolean>) => () => ({
  given: { consul: SERVED },
  to: { consul: { ...SERVED, [key]: value } },
  isSeen,
});

/** One that only what else is served of Consul shows. */
const consulSetting = (key: string, value: unknown) => () => ({
  to: { consul: { [key]: value } },
  isSeen: shows(
    "Consul",
    (all) => JSON.stringify((all as Readonly<Record<string, unknown>>)[key]) === JSON.stringify(value),
  ),
});

const register = async () => askConsul("/v1/agent/service/register", CONSUL_PORTS[0], { method: "PUT", body: "{}" });
const contains = (path: string, text: string) => async () => (await askConsul(path)).includes(text);

export const SERVICE_CHANGES: Readonly<Record<string, () => Change>> = {
  healthChecks: () => ({ to: CHECKS, isSeen: async () => (await statusOf("/v1/health")) === 200 }),
  healthCheckNetworks: () => ({
    to: { healthCheckNetworks: ["127.0.0.0/8"] },
    isSeen: shows("HealthCheckNetworks", (networks) => JSON.stringify(networks) === '["127.0.0.0/8"]'),
  }),
  allowHealthOverride: () => ({
    given: CHECKS,
    to: { allowHealthOverride: true },
    isSeen: async () => (await overridden()) === 200,
  }),
  healthOverrideToken: () => ({
    given: { ...CHECKS, allowHealthOverride: true },
    to: { healthOverrideToken: TOKEN },
    isSeen: async () => (await overridden({ authorization: `Bearer ${TOKEN}` })) === 200,
  }),
  "vips.names": () => ({ to: { vips: { names: true } }, isSeen: async () => (await statusOf("/v1/vips")) === 200 }),
  "vips.ttl": vip("ttl", 7),
  "vips.ipv4Range": vip("ipv4Range", "11.1.0.0-11.1.255.255"),
  "vips.ipv6Range": vip("ipv6Range", "fd01:d::-fd01:d::ffff"),
  "vips.addresses": vip("addresses", { "redis.marathon": "11.0.0.10" }),
  "vips.failOpen": vip("failOpen", true),
  "vips.lingerSeconds": vip("lingerSeconds", 7),
  "consul.enabled": () => ({ to: { consul: SERVED }, isSeen: contains("/v1/catalog/services", '"consul":[]') }),
  "consul.domain": consulSetting("domain", "consul.example"),
  "consul.altDomain": consulSetting("altDomain", "other.example"),
  "consul.datacenter": consul("datacenter", "dc2", contains("/v1/catalog/datacenters", "dc2")),
  "consul.nodeName": consul("nodeName", "dns-one", contains("/v1/agent/self", '"NodeName":"dns-one"')),
  "consul.httpListener": consul(
    "httpListener",
    "::1",
    async () =>
      (await fetch(`http://[::1]:${CONSUL_PORTS[0]}/v1/status/leader`).catch(() => undefined))?.status === 200,
  ),
  "consul.httpPort": consul(
    "httpPort",
    CONSUL_PORTS[1],
    async () => (await askConsul("/v1/catalog/services", CONSUL_PORTS[1])) !== "",
  ),
  "consul.register": consul("register", "labelled", async () => {
    const services = await askConsul("/v1/catalog/services");
    return services.includes('"consul"') && !services.includes('"web"');
  }),
  "consul.tags": consul("tags", ["mesos"], contains("/v1/catalog/service/web", '"ServiceTags":["mesos"')),
  "consul.ttl": consulSetting("ttl", 7),
  "consul.onlyPassing": consulSetting("onlyPassing", true),
  "consul.udpAnswerLimit": consulSetting("udpAnswerLimit", 7),
  "consul.enableTruncate": consulSetting("enableTruncate", true),
  "consul.mesosService": consul("mesosService", "mesos", contains("/v1/catalog/services", '"mesos":')),
  "consul.allowWrite": consul(
    "allowWrite",
    ["192.0.2.0/24"],
    async () => (await register()) === "Access is restricted",
  ),
  "consul.token": consul("token", TOKEN, async () => (await register()) === "Permission denied"),
  "consul.kv": consulSetting("kv", "zookeeper"),
  "consul.kvMaxKeys": consulSetting("kvMaxKeys", 7),
  "consul.kvMaxBytes": consulSetting("kvMaxBytes", 7),
};
