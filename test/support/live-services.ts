import type { Change } from "./live-change.js";
import { server } from "./live-server.js";

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

/** Whether the configuration in effect has this value. */
const shows = (field: string, isSeen: (value: unknown) => boolean) => async () =>
  isSeen((await server.json<Readonly<Record<string, unknown>>>("/v1/config"))[field]);

const vip = (key: string, value: unknown) => () => ({
  to: { vips: { [key]: value } },
  isSeen: shows(
    "Vips",
    (vips) => JSON.stringify((vips as Readonly<Record<string, unknown>>)[key]) === JSON.stringify(value),
  ),
});

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
};
