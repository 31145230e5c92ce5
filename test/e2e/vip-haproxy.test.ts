import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Service } from "../../src/vip-node/model.js";
import type { Step } from "../../src/vip-node/plan.js";
import { add, addressesIn, ask, Held, must, startPlane, startTarget, workerOf } from "../support/haproxy-plane.js";
import { until } from "../support/wait.js";

/** Virtual addresses by a real HAProxy, in a range that needs neither root nor routes. */

const { serviceOf, targetNamed } = addressesIn(40);

/** How many of so many connections held at a time each target has. */
async function shares(service: Service, count: number): Promise<Record<string, number>> {
  const held = await Promise.all(Array.from({ length: count }, () => Held.open(service)));
  const names = await Promise.all(held.map((each) => each.line()));
  for (const each of held) each.close();
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, names.filter((n) => n === name).length]));
}

describe("the targets of a service", () => {
  it("have connections as their weights say, and come and go without a reload", async () => {
    const started = await startPlane();
    const { plane } = started;
    const [a, b, c] = [await targetNamed("a"), await targetNamed("b"), await targetNamed("c")];
    const service = await serviceOf({ ...a, weight: 3 }, b);
    await add(plane, service);
    const worker = await workerOf(started);
    const first = await shares(service, 80);
    expect(first.a).toBeGreaterThan(50);
    expect(first.a).toBeLessThan(70);
    await must(plane, { kind: "add-target", service, target: { ...c, weight: 4 } });
    await until("connections to c", async () => ((await shares(service, 80)).c ?? 0) > 30);
    await must(plane, { kind: "set-weight", service, target: { ...a, weight: 0 } });
    await must(plane, { kind: "retire-target", service, target: b });
    expect(await shares(service, 20)).toEqual({ c: 20 });
    await until("b without connections", async () => (await plane.read())[0]?.targets.every(({ isIdle }) => isIdle));
    expect((await plane.read())[0]?.targets.map(({ weight, isRetired }) => [weight, isRetired])).toEqual(
      expect.arrayContaining([
        [0, false],
        [1, true],
        [4, false],
      ]),
    );
    await must(plane, { kind: "delete-target", service, target: b });
    expect((await plane.read())[0]?.targets).toHaveLength(2);
    expect(await workerOf(started)).toBe(worker);
  });

  it("keep the connections that they have through 100 changes", async () => {
    const { plane } = await startPlane();
    const [a, b] = [await targetNamed("a"), await targetNamed("b")];
    const service = await serviceOf(a, b);
    await add(plane, service);
    const held = await Promise.all(Array.from({ length: 20 }, () => Held.open(service)));
    const names = await Promise.all(held.map((each) => each.line()));
    expect(new Set(names)).toEqual(new Set(["a", "b"]));
    for (let change = 0; change < 100; change++) {
      const target = { ...a, weight: [0, 5, 1][change % 3] ?? 1 };
      await must(
        plane,
        change % 7 === 6 ? { kind: "retire-target", service, target: a } : { kind: "set-weight", service, target },
      );
      await Promise.all(held.map((each, at) => each.exchange(`${change} ${at}`)));
    }
    await must(plane, { kind: "set-weight", service, target: { ...a, weight: 0 } });
    expect(await shares(service, 30)).toEqual({ b: 30 });
    await must(plane, { kind: "retire-target", service, target: a });
    await must(plane, { kind: "delete-target", service, target: a });
    const ends = await Promise.allSettled(held.map((each) => each.exchange("x")));
    expect(ends.map(({ status }) => status)).toEqual(names.map((name) => (name === "a" ? "rejected" : "fulfilled")));
    for (const each of held) each.close();
  });

  it("change at once while a service waits for its reload, and a step that fails costs no other", async () => {
    const started = await startPlane();
    const { plane } = started;
    const a = await targetNamed("a");
    const service = await serviceOf(a);
    await add(plane, service);
    const worker = await workerOf(started);
    const waiting = await serviceOf(a);
    const none: Step = { kind: "set-weight", service, target: { ...a, port: 1 } };
    const failures = await plane.apply([
      { kind: "add-service", service: waiting },
      none,
      { kind: "set-weight", service, target: { ...a, weight: 7 } },
    ]);
    expect(failures).toEqual([
      { step: none, reason: expect.stringMatching(/^set server .*:1 weight.*: No such server\.$/) },
    ]);
    expect((await plane.read())[0]?.targets[0]?.weight).toBe(7);
    expect(await workerOf(started)).toBe(worker);
    await until("the service", async () => (await plane.read()).length === 2);
  });

  it("have IPv6 addresses as well", async () => {
    const { plane } = await startPlane();
    const [a, b] = [await startTarget("a", "::1"), await startTarget("b", "::1")];
    const service = { ...(await serviceOf(a)), address: "::1" };
    await add(plane, service);
    expect(await ask(service)).toBe("a");
    await must(plane, { kind: "add-target", service, target: b }, { kind: "retire-target", service, target: a });
    expect(await shares(service, 5)).toEqual({ b: 5 });
    await must(plane, { kind: "delete-target", service, target: a });
    expect(await plane.read()).toMatchObject([{ address: "::1", targets: [{ ip: "::1", port: b.port, weight: 1 }] }]);
  });

  it("that do not listen cost nobody a connection", async () => {
    const { plane } = await startPlane();
    const [a, dead] = [await targetNamed("a"), await targetNamed("dead")];
    dead.stop();
    const service = await serviceOf(a, dead);
    await add(plane, service);
    for (let time = 0; time < 30; time++) expect(await ask(service)).toBe("a");
  });
});

describe("a service", () => {
  it("refuses at once while it is closed, from its beginning and through reloads, and takes connections when it is opened", async () => {
    const { plane } = await startPlane();
    const a = await targetNamed("a");
    const closed = await serviceOf({ ...a, weight: 0 });
    const other = await serviceOf(a);
    const refused = { code: "ECONNREFUSED" };
    await add(plane, closed);
    await expect(ask(closed)).rejects.toMatchObject(refused);
    await add(plane, other);
    await expect(ask(closed)).rejects.toMatchObject(refused);
    expect((await plane.read()).find(({ port }) => port === closed.port)?.isOpen).toBe(false);
    const service = { ...closed, targets: [a] };
    await must(plane, { kind: "set-weight", service, target: a }, { kind: "open", service });
    expect(await ask(closed)).toBe("a");
    await must(plane, { kind: "close", service });
    await expect(ask(closed)).rejects.toMatchObject(refused);
  });

  it("comes and goes by reloads that lose no connection and forget nothing", async () => {
    const { plane } = await startPlane();
    const [a, b, c] = [await targetNamed("a"), await targetNamed("b"), await targetNamed("c")];
    const service = await serviceOf(a, b, c);
    await add(plane, service);
    await must(plane, { kind: "set-weight", service, target: { ...b, weight: 0 } });
    await must(plane, { kind: "set-weight", service, target: { ...a, weight: 9 } });
    await must(plane, { kind: "retire-target", service, target: c });
    const held = await Promise.all(Array.from({ length: 10 }, () => Held.open(service)));
    await Promise.all(held.map((each) => each.line()));
    let isOver = false;
    let asked = 0;
    const asking = (async () => {
      while (!isOver) {
        expect(await ask(service)).toBe("a");
        await Promise.all(held.map((each) => each.exchange(String(asked))));
        asked++;
      }
    })();
    const second = await serviceOf(a);
    await add(plane, second);
    await must(plane, { kind: "remove-service", service: second });
    await expect(ask(second)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await until("its end", async () => (await plane.read()).length === 1);
    isOver = true;
    await asking;
    expect(asked).toBeGreaterThan(100);
    const [{ targets } = { targets: [] }] = await plane.read();
    expect(new Set(targets.map(({ ip, weight, isRetired }) => `${ip} ${weight} ${isRetired}`))).toEqual(
      new Set([`${a.ip} 9 false`, `${b.ip} 0 false`]),
    );
    for (const each of held) each.close();
  });

  it("where somebody else listens is found before, and costs nobody anything", async () => {
    const { plane } = await startPlane();
    const a = await targetNamed("a");
    const service = await serviceOf(a);
    await add(plane, service);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "0.0.0.0", resolve));
    onTestFinished(() => void other.close());
    const taken = { ...(await serviceOf(a)), port: (other.address() as AddressInfo).port };
    const nowhere = { ...(await serviceOf(a)), address: "192.0.2.1" };
    expect(await plane.refusal(taken)).toMatchObject({
      reason: "port_in_use",
      detail: expect.stringContaining("EADDRINUSE"),
    });
    expect(await plane.refusal(nowhere)).toMatchObject({
      reason: "no_route",
      detail: expect.stringContaining("local route"),
    });
    // Anybody can write it in a label.
    expect(await plane.refusal({ ...service, address: "127.0.0.1" })).toMatchObject({
      reason: "range",
      detail: "127.0.0.1 is an address of this node's own, which a virtual address would hide",
    });
    expect(await plane.refusal({ ...service, protocol: "udp" })).toMatchObject({ reason: "udp" });
    expect(await plane.refusal(await serviceOf(a))).toBeUndefined();
    // Asked for all the same, beside one that can be had.
    const fine = await serviceOf(a);
    expect(await plane.apply([{ kind: "add-service", service: taken }])).toEqual([]);
    let isOver = false;
    const asking = (async () => {
      while (!isOver) expect(await ask(service)).toBe("a");
    })();
    await add(plane, fine);
    isOver = true;
    await asking;
    expect(await plane.apply([{ kind: "add-service", service: taken }])).toEqual([
      { step: { kind: "add-service", service: taken }, reason: expect.stringContaining("EADDRINUSE") },
    ]);
  });
});
