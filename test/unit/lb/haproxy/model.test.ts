import { expect, test } from "vitest";
import { findBroken } from "../../../../src/lb/haproxy/broken.js";
import { memoryText, NO_MEMORY, readMemory } from "../../../../src/lb/haproxy/memory.js";
import { LbModel } from "../../../../src/lb/haproxy/model.js";
import type { Json } from "../../../support/json.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { servicesIn } from "../support.js";
import { buildOptions, web } from "./support.js";

const LINGER_MS = 60_000;

function modelOf(memory = NO_MEMORY) {
  const model = new LbModel(buildOptions(), new Set([80]), LINGER_MS, memory);
  const carry = (apps: readonly Json[], now = 0) => {
    const built = model.build(servicesIn(apps, { allowsTemplates: false }), now);
    model.accept(built);
    return built;
  };
  return { model, carry };
}

const serversOf = ({ balancer }: ReturnType<ReturnType<typeof modelOf>["carry"]>) =>
  balancer.backends.map(({ name, servers }) => `${name}: ${servers.map(({ ip }) => ip).join(" ")}`);

test("a service without servers keeps its place for a while", () => {
  const { carry } = modelOf();
  carry([web("/a", 10_000), web("/b", 10_001)]);
  expect(serversOf(carry([web("/b", 10_001)], 1_000))).toEqual(["a_10000: ", "b_10001: 192.0.2.1"]);
  expect(serversOf(carry([web("/b", 10_001)], LINGER_MS))).toHaveLength(2);
  expect(serversOf(carry([web("/b", 10_001)], 1_000 + LINGER_MS))).toEqual(["b_10001: 192.0.2.1"]);
});

test("who follows an app that is gone gets its port and its name at once; an app without tasks keeps them", () => {
  const { carry } = modelOf();
  const host = { HAPROXY_0_VHOST: "www.example.com" };
  const next = web("/b", 10_000, host);
  carry([web("/a", 10_000, host)]);
  const empty = carry([app("/a", { ports: [10_000], labels: { HAPROXY_GROUP: "external", ...host } }), next], 1_000);
  expect(empty.conflicts.map(({ winner }) => winner?.appId)).toEqual(["/a", "/a"]);
  const { balancer } = carry([next], 2_000);
  expect([...balancer.maps.hosts]).toEqual([["www.example.com", "b_10000"]]);
  expect(balancer.backends.map(({ frontend }) => frontend[0])).toEqual([undefined, "frontend b_10000:in"]);
});

test("an app whose labels are broken goes on as it was, with the servers of now", () => {
  const { carry } = modelOf();
  carry([web("/a", 10_000, { HAPROXY_0_BALANCE: "leastconn" })]);
  for (const balance of ["best\nof all", "!"]) {
    const labels = { HAPROXY_GROUP: "external", HAPROXY_0_BALANCE: balance };
    const built = carry([app("/a", { ports: [10_000], labels, tasks: [task("192.0.2.9", [31_000])] })]);
    expect(serversOf(built)).toEqual(["a_10000: 192.0.2.9"]);
    expect(built.balancer.backends[0]?.lines).toContain("  balance leastconn");
    expect(built.refused).toMatchObject([{ appId: "/a", index: 0, isKept: true }]);
  }
});

test("an app that was never well is left out, and named", () => {
  const { carry } = modelOf();
  const built = carry([web("/a", 10_000, { HAPROXY_0_BALANCE: "!" }), web("/b", 10_001)]);
  expect(serversOf(built)).toEqual(["b_10001: 192.0.2.1"]);
  expect(built.refused).toEqual([
    { appId: "/a", index: 0, reason: 'BALANCE is "!", which is no way to balance', isKept: false },
  ]);
});

test("an app that HAProxy refuses goes on as it was until it changes", () => {
  const { model, carry } = modelOf();
  const certificate = (file: string) => [web("/a", 10_000, { HAPROXY_0_SSL_CERT: file }), web("/b", 10_001)];
  carry(certificate("/etc/ssl/good.pem"));
  model.build(servicesIn(certificate("/etc/ssl/bad.pem")), 0);
  model.refuse(new Map([["/a", "unable to load certificate"]]));
  const kept = carry(certificate("/etc/ssl/bad.pem"));
  expect(kept.balancer.backends[0]?.frontend[1]).toContain("good.pem");
  expect(kept.refused).toMatchObject([{ appId: "/a", reason: "unable to load certificate", isKept: true }]);
  expect(carry(certificate("/etc/ssl/new.pem")).refused).toEqual([]);
});

test("an app that HAProxy refuses as it was before as well is left out", () => {
  const { model, carry } = modelOf();
  carry([web("/a", 10_000), web("/b", 10_001)]);
  model.refuse(new Map([["/a", "its certificate is gone"]]));
  expect(serversOf(carry([web("/a", 10_000), web("/b", 10_001)]))).toEqual(["b_10001: 192.0.2.1"]);
});

test("a port at which nobody can listen is left out until it is tried again", () => {
  const { model, carry } = modelOf();
  model.leaveOut(new Map([[10_000, "taken"]]));
  expect(carry([web("/a", 10_000)]).balancer.backends[0]?.frontend).toEqual([]);
  model.tryAgain();
  expect(carry([web("/a", 10_000)]).balancer.backends[0]?.frontend).not.toEqual([]);
});

test("who has what, and how services were, is known again after a restart", () => {
  const { model, carry } = modelOf();
  carry([web("/z", 10_000, { HAPROXY_0_BALANCE: "source" })]);
  const memory = readMemory(memoryText(model.memory));
  const again = modelOf(memory);
  const built = again.carry([web("/a", 10_000), web("/z", 10_000, { HAPROXY_0_BALANCE: "!" })]);
  expect(built.conflicts[0]?.winner?.appId).toBe("/z");
  expect(built.balancer.backends[1]?.lines).toContain("  balance source");
});

test("what is remembered is written only where it changes, and believed only whole", () => {
  const { model } = modelOf();
  const accept = (apps: readonly Json[]) => model.accept(model.build(servicesIn(apps), 0));
  expect(accept([web("/a", 10_000)])).toBe(true);
  expect(accept([web("/a", 10_000)])).toBe(false);
  expect(accept([web("/a", 10_001)])).toBe(true);
  const text = memoryText(model.memory);
  expect(() => readMemory(text.replace("10001", "10002"))).toThrow("it is damaged");
});

test.each([0, 1, 2, 3])(
  "of a hundred apps, the %d that break a configuration are found with few checks",
  async (count) => {
    const apps = Array.from({ length: 100 }, (_, index) => `/${index}`);
    const bad = new Set(apps.filter((_, index) => index % 33 === 5).slice(0, count));
    let checks = 0;
    const found = await findBroken(apps, async (some) => {
      checks++;
      return [...bad].find((app) => some.has(app));
    });
    // Each with what is wrong with it, and not with another one.
    expect(found).toEqual(new Map([...bad].map((app) => [app, app])));
    expect(checks).toBeLessThanOrEqual(2 + count * 16);
    expect(await findBroken(apps, async () => "wrong")).toEqual(new Map());
  },
);
