import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import { DnsListening } from "../../../src/process/dns-listening.js";

const inUse = () => Promise.reject(new MesosDnsError("LISTEN_ADDRESS_IN_USE", "UDP 192.0.2.1:53 is in use"));

/** A start, and the order of its steps. `taken`: another process has the addresses. */
function setUp({ taken = false, takeOver = false, mayShare = true } = {}) {
  const steps: string[] = [];
  const script = { isStopping: false, generation: 0, listen: async () => {} };
  let zoneCame = () => {};
  const hasZone = new Promise<void>((resolve) => {
    zoneCame = resolve;
  });
  const listening = new DnsListening({
    responders: {
      claim: () => (taken ? inUse() : Promise.resolve()),
      listen: (generation) => {
        steps.push(`listen from ${generation}`);
        return script.listen();
      },
    },
    takeOver,
    mayShare,
    log: { info: () => undefined },
    generation: () => script.generation,
    isStopping: () => script.isStopping,
  });
  const start = () => listening.start(() => steps.push("follow"), hasZone);
  return { listening, steps, script, start, zoneCame };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a server that starts", () => {
  test("follows the cluster while it opens its sockets, as both take time", async () => {
    const { listening, steps, start } = setUp();
    await start();
    expect([steps, listening.status]).toEqual([["follow", "listen from 0"], "listening"]);
  });

  test("fails if it cannot listen", async () => {
    const { listening, steps, script, start } = setUp();
    script.listen = inUse;
    await expect(start()).rejects.toThrow("in use");
    expect([steps, listening.status]).toEqual([["follow", "listen from 0"], "failed"]);
  });

  test("beside another process follows the cluster first, and listens when it has a zone", async () => {
    const { listening, steps, script, start, zoneCame } = setUp({ taken: true, takeOver: true });
    const started = start();
    await turn();
    expect([steps, listening.status]).toEqual([["follow"], "starting"]);
    script.generation = 3;
    zoneCame();
    await started;
    expect([steps, listening.status]).toEqual([["follow", "listen from 3"], "listening"]);
  });

  test.each([
    ["was not told to take over", { takeOver: false }],
    ["cannot share its ports", { takeOver: true, mayShare: false }],
  ])("beside another process ends if it %s", async (_, how) => {
    const { steps, start } = setUp({ taken: true, ...how });
    await expect(start()).rejects.toThrow("in use");
    expect(steps).toEqual([]);
  });

  test("opens no sockets if it is stopped while it waits for a zone", async () => {
    const { steps, script, start, zoneCame } = setUp({ taken: true, takeOver: true });
    const started = start();
    await turn();
    script.isStopping = true;
    zoneCame();
    await started;
    expect(steps).toEqual(["follow"]);
  });

  test("does nothing if it is stopped while it looks whether its addresses are free", async () => {
    const { steps, script, start } = setUp();
    const started = start();
    script.isStopping = true;
    await started;
    expect(steps).toEqual([]);
  });
});
