import { describe, expect, test } from "vitest";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { APEX } from "../../support/zone.js";
import { configOf } from "../config/support.js";
import { apiOf, chunksOf, get, NOW, STATUS } from "./support.js";

const before = { snapshot: () => Snapshot.empty([APEX]) };

describe("the routes that Mesos-DNS also has", () => {
  test("/v1/version names the service", async () => {
    expect(await get("/v1/version")).toEqual({
      Service: "Mesos-DNS",
      Version: "1.2.3",
      URL: "https://github.com/mesosphere/mesos-dns",
    });
  });

  test("/v1/config has the serial of the zone and no secret", async () => {
    const config = configOf({ mesosCredentials: { principal: "ops", secret: "s3cret" } });
    const body = await get("/v1/config", { config: () => config });
    expect(body).toMatchObject({ SOASerial: 1_700_000_000, File: "/etc/mesos-dns/config.json", Domain: "mesos" });
    expect(JSON.stringify(body)).not.toContain("s3cret");
  });

  test.each(["web.marathon.mesos", "web.marathon.mesos.", "WEB.Marathon.mesos", "web%2Emarathon.mesos"])(
    "/v1/hosts/%s has every address, IPv4 first",
    async (name) => {
      expect(await get(`/v1/hosts/${name}`)).toEqual([
        { host: "web.marathon.mesos.", ip: "192.0.2.10" },
        { host: "web.marathon.mesos.", ip: "192.0.2.11" },
        { host: "web.marathon.mesos.", ip: "2001:db8::a" },
      ]);
    },
  );

  test.each(["nobody.mesos", "marathon.mesos", "a..b", "%00", `${"x".repeat(64)}.mesos`])(
    "/v1/hosts/%s, which has no address, is one row of empty strings",
    async (name) => {
      expect(await get(`/v1/hosts/${name}`)).toEqual([{ host: "", ip: "" }]);
    },
  );

  test("/v1/services has a row for each address of each target, and the service as requested", async () => {
    const service = "_WEB._tcp.marathon.mesos";
    const target = "web-bbbbb-s1.marathon.slave.mesos.";
    expect(await get(`/v1/services/${service}`)).toEqual([
      { service, host: "web-aaaaa-s0.marathon.slave.mesos.", ip: "192.0.2.10", port: "31000" },
      { service, host: target, ip: "192.0.2.11", port: "31001" },
      { service, host: target, ip: "2001:db8::a", port: "31001" },
    ]);
  });

  test("an unknown service is one row of empty strings", async () => {
    expect(await get("/v1/services/_no._tcp.mesos.")).toEqual([{ service: "", host: "", ip: "", port: "" }]);
  });

  test("/v1/hosts/{host}/ports has the services that point to the host", async () => {
    const rows = await get("/v1/hosts/Web-bbbbb-s1.marathon.slave.mesos/ports");
    const row = { host: "web-bbbbb-s1.marathon.slave.mesos.", port: "31001", protocol: "tcp" };
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(
      expect.arrayContaining([
        { ...row, service: "_web._tcp.marathon.mesos." },
        { ...row, service: "_http._web._tcp.marathon.mesos." },
      ]),
    );
  });

  test("a host that no service points to has no ports", async () => {
    expect(await get("/v1/hosts/nobody.mesos/ports")).toEqual([]);
  });

  test("/v1/axfr is the whole zone", async () => {
    const body = await get("/v1/axfr");
    expect(body).toMatchObject({
      TTL: 60,
      Serial: 1_700_000_000,
      RefreshSeconds: 60,
      Mname: "ns1.mesos.",
      Rname: "root.ns1.mesos.",
      Domain: "mesos",
      Records: {
        As: { "web.marathon.mesos.": ["192.0.2.10", "192.0.2.11"] },
        AAAAs: { "web.marathon.mesos.": ["2001:db8::a"] },
        SRVs: { "_leader._tcp.mesos.": ["leader.mesos.:5050"] },
      },
    });
    const { Records } = body as { Records: Record<string, object> };
    expect(Object.keys(Records)).toEqual(["As", "AAAAs", "SRVs"]);
    expect(Object.keys(Records.As)).toHaveLength(5);
  });

  test("/v1/enumerate passes on the builder's text", async () => {
    expect(await get("/v1/enumerate")).toEqual({ frameworks: [] });
  });

  test("EnumerationOn: false removes the listings", async () => {
    const config = configOf({ EnumerationOn: false });
    const { api } = apiOf({ config: () => config });
    for (const path of ["/v1/enumerate", "/v1/axfr"]) {
      const response = await api.request(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toHaveProperty("error");
    }
    expect((await api.request("/v1/axfr", { method: "POST" })).status).toBe(404);
  });

  test("before the first state no name is called unknown", async () => {
    const { api } = apiOf(before);
    for (const path of [
      "/v1/hosts/a.mesos",
      "/v1/hosts/a.mesos/ports",
      "/v1/services/_a._tcp.mesos",
      "/v1/axfr",
      "/v1/enumerate",
    ]) {
      const response = await api.request(path);
      expect(response.status, path).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
    }
    expect((await api.request("/v1/version")).status).toBe(200);
  });
});

describe("a wrong request", () => {
  test.each(["/v2/version", "/v1", "/v1/hosts", "/v1/hosts/a/b", "/favicon.ico"])("%s is 404 as JSON", async (path) => {
    const response = await apiOf().api.request(path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await response.json()).toEqual({ error: expect.stringContaining(path) });
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is 405 and says what is allowed", async (method) => {
    for (const path of [
      "/",
      "/v1/version",
      "/v1/hosts/a.mesos",
      "/v1/hosts/a.mesos/ports",
      "/v1/axfr",
      "/metrics",
      "/readyz",
    ]) {
      const response = await apiOf().api.request(path, { method });
      expect(response.status, path).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD");
      expect(await response.json()).toHaveProperty("error");
    }
  });

  test.each(["/v1/hosts/%", "/v1/hosts/%zz.mesos", "/v1/hosts/%ff", "/v1/services/%c3%28", "/%"])(
    "%s is 400: it is not percent-encoded UTF-8",
    async (path) => {
      const response = await apiOf().api.request(path);
      expect(response.status).toBe(400);
      expect(await response.json()).toHaveProperty("error");
    },
  );

  test.each(["/", "/v1/version", "/v1/axfr", "/v1/enumerate", "/metrics", "/healthz"])(
    "HEAD %s has no body",
    async (path) => {
      const response = await apiOf().api.request(path, { method: "HEAD" });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe("");
    },
  );

  test("may have a slash at the end, which changes nothing", async () => {
    expect(await get("/v1/version/")).toHaveProperty("Service");
  });
});

describe("the server's condition", () => {
  test("/metrics has the text of the registry", async () => {
    const response = await apiOf().api.request("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toBe("up 1\n");
  });

  test.each(["listening", "starting", "off"] as const)("/healthz is 200 with DNS %s", async (dns) => {
    const response = await apiOf({ status: () => ({ ...STATUS, dns }) }).api.request("/healthz");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ healthy: true });
  });

  test("/healthz is 503 when the listeners failed", async () => {
    const response = await apiOf({ status: () => ({ ...STATUS, dns: "failed" }) }).api.request("/healthz");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ healthy: false, reasons: ["the DNS listeners failed"] });
  });

  test("/readyz is 200 with a current state", async () => {
    const response = await apiOf().api.request("/readyz");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true, serial: 1_700_000_000 });
  });

  const failure = { code: "MASTER_TIMEOUT", message: "192.0.2.1:5050 fell silent", at: NOW - 3_000 } as const;
  const zookeeper = {
    connected: true,
    sessions: 1,
    failures: {},
    masters: undefined,
    failure: { code: "ZOOKEEPER_NO_MASTERS", message: "no master is registered", at: NOW - 4_000 },
  } as const;
  test.each([
    ["without a state", { build: undefined, failure: undefined }, "no state from a Mesos master yet"],
    [
      "without a state, and why",
      { build: undefined, failure },
      "no state from a Mesos master yet; the last attempt, 3 s ago: 192.0.2.1:5050 fell silent (MASTER_TIMEOUT)",
    ],
    [
      "with an old state",
      { stale: true, failure },
      "the state is 10 s old, older than its limit of 300 s (stateMaxAgeSeconds); " +
        "the last attempt, 3 s ago: 192.0.2.1:5050 fell silent (MASTER_TIMEOUT)",
    ],
    [
      "without masters from ZooKeeper",
      { build: undefined, zookeeper },
      "no state from a Mesos master yet; ZooKeeper, 4 s ago: no master is registered (ZOOKEEPER_NO_MASTERS)",
    ],
    [
      "without masters from ZooKeeper, after zkDetectionTimeout, which is said once",
      { build: undefined, zookeeper, failure: { ...zookeeper.failure, message: "within 30 s: none", at: NOW - 1_000 } },
      "no state from a Mesos master yet; the last attempt, 1 s ago: within 30 s: none (ZOOKEEPER_NO_MASTERS)",
    ],
    [
      "with an old state of masters that ZooKeeper might know better",
      { stale: true, failure, zookeeper },
      "the state is 10 s old, older than its limit of 300 s (stateMaxAgeSeconds); " +
        "the last attempt, 3 s ago: 192.0.2.1:5050 fell silent (MASTER_TIMEOUT); " +
        "ZooKeeper, 4 s ago: no master is registered (ZOOKEEPER_NO_MASTERS)",
    ],
    ["before the listeners are open", { dns: "starting" as const }, "the DNS listeners are not open yet"],
    ["after the listeners failed", { dns: "failed" as const }, "the DNS listeners failed"],
  ])("/readyz is 503 %s", async (_, change, reason) => {
    const response = await apiOf({ status: () => ({ ...STATUS, ...change }) }).api.request("/readyz");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, reasons: [reason] });
  });

  test("an exception is logged, and the response does not reveal it", async () => {
    const { api, logged } = apiOf({ metrics: () => Promise.reject(new Error("secret detail")) });
    const response = await api.request("/metrics");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret detail");
    expect(logged).toHaveLength(1);
  });

  test("a listing that fails at its start is answered with 500", async () => {
    async function* failing(): AsyncGenerator<string> {
      yield* [];
      throw new Error("no builder");
    }
    const { api, logged } = apiOf({ enumerate: failing });
    expect((await api.request("/v1/enumerate")).status).toBe(500);
    expect(logged).toHaveLength(1);
  });

  test("a listing that fails later breaks off and is logged", async () => {
    async function* failing(): AsyncGenerator<string> {
      yield* chunksOf(["{"]);
      throw new Error("secret detail");
    }
    const { api, logged } = apiOf({ enumerate: failing });
    const response = await api.request("/v1/enumerate");
    await expect(response.text()).rejects.toThrow("the answer broke off");
    expect(logged).toHaveLength(1);
  });
});
