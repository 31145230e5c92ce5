import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HostResolver } from "../../../src/build/host-resolver.js";

const MINUTE = 60_000;

/** A lookup that the test answers at any time, and a waiting time that it ends at will. */
class Script {
  readonly asked: string[] = [];
  readonly #waiting = new Map<string, { resolve: (found: string[]) => void; reject: (error: Error) => void }>();
  #impatient = () => {};
  waits = 0;
  cancelled = 0;
  readonly resolver = new HostResolver({
    lookup: (host) => {
      this.asked.push(host);
      return new Promise((resolve, reject) => this.#waiting.set(host, { resolve, reject }));
    },
    delay: (ms) => {
      expect(ms).toBe(2_000);
      this.waits++;
      const elapsed = new Promise<void>((resolve) => {
        this.#impatient = resolve;
      });
      return { elapsed, cancel: () => void this.cancelled++ };
    },
  });

  find(host: string, ...addresses: string[]): void {
    this.#waiting.get(host)?.resolve(addresses);
  }

  fail(host: string): void {
    this.#waiting.get(host)?.reject(new Error("ENOTFOUND"));
  }

  loseHeart(): void {
    this.#impatient();
  }

  /** The addresses of each host, as text. */
  async resolve(...hosts: string[]): Promise<Record<string, string[]>> {
    const resolved = await this.resolver.resolve(new Set(hosts));
    return Object.fromEntries([...resolved].map(([host, found]) => [host, found.map(({ text }) => text)]));
  }
}

let script: Script;
let now: number;
beforeEach(() => {
  now = 1_000;
  // The cache reads the time here, and keeps it until a timer fires.
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  script = new Script();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

/** Resolves a host that is found at once. */
async function know(host: string, ...addresses: string[]): Promise<void> {
  const resolved = script.resolve(host);
  script.find(host, ...addresses);
  await resolved;
}

describe("a host name", () => {
  test("has its addresses of both families, and other texts are left out", async () => {
    const resolved = script.resolve("a.example", "b.example");
    script.find("a.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "nonsense");
    script.find("b.example", "192.0.2.2");
    expect(await resolved).toEqual({ "a.example": ["192.0.2.1", "2001:db8::1"], "b.example": ["192.0.2.2"] });
    expect([script.waits, script.cancelled]).toEqual([1, 1]);
  });

  test("is cached for five minutes, and no build waits for it meanwhile", async () => {
    await know("a.example", "192.0.2.1");
    pass(4 * MINUTE);
    expect(await script.resolve("a.example")).toEqual({ "a.example": ["192.0.2.1"] });
    expect([script.asked, script.waits]).toEqual([["a.example"], 1]);
    pass(2 * MINUTE);
    const again = script.resolve("a.example");
    script.find("a.example", "192.0.2.9");
    expect(await again).toEqual({ "a.example": ["192.0.2.9"] });
  });

  test("is looked up once, however many builds wait for it", async () => {
    const both = [script.resolve("a.example"), script.resolve("a.example")];
    script.find("a.example", "192.0.2.1");
    for (const resolved of await Promise.all(both)) expect(resolved).toEqual({ "a.example": ["192.0.2.1"] });
    expect(script.asked).toEqual(["a.example"]);
  });

  test("that does not resolve has no entry", async () => {
    await know("empty.example");
    expect(await script.resolve("empty.example")).toEqual({});
  });
});

describe("a slow resolver", () => {
  test("does not hold up a build: late addresses come with the next one", async () => {
    await know("known.example", "192.0.2.1");
    const resolved = script.resolve("known.example", "slow.example");
    script.loseHeart();
    expect(await resolved).toEqual({ "known.example": ["192.0.2.1"] });
    script.find("slow.example", "192.0.2.2");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await script.resolve("slow.example")).toEqual({ "slow.example": ["192.0.2.2"] });
    expect(script.asked).toEqual(["known.example", "slow.example"]);
  });

  test("leaves the old addresses in place meanwhile", async () => {
    await know("a.example", "192.0.2.1");
    pass(6 * MINUTE);
    const resolved = script.resolve("a.example");
    script.loseHeart();
    expect(await resolved).toEqual({ "a.example": ["192.0.2.1"] });
  });

  test("is not asked again for a name that it is still resolving", async () => {
    for (let build = 0; build < 3; build++) {
      const resolved = script.resolve("slow.example");
      script.loseHeart();
      expect(await resolved).toEqual({});
    }
    expect(script.asked).toEqual(["slow.example"]);
  });
});

describe("a failing resolver", () => {
  test("is asked again after half a minute, not with every build", async () => {
    const resolved = script.resolve("gone.example");
    script.fail("gone.example");
    expect(await resolved).toEqual({});
    pass(20_000);
    expect(await script.resolve("gone.example")).toEqual({});
    expect(script.asked).toHaveLength(1);
    pass(11_000);
    await know("gone.example", "192.0.2.1");
    expect(await script.resolve("gone.example")).toEqual({ "gone.example": ["192.0.2.1"] });
  });

  test("does not remove the known addresses of a name", async () => {
    await know("a.example", "192.0.2.1");
    for (let failures = 0; failures < 3; failures++) {
      pass(6 * MINUTE);
      const resolved = script.resolve("a.example");
      script.fail("a.example");
      expect(await resolved).toEqual({ "a.example": ["192.0.2.1"] });
    }
    expect(script.asked).toHaveLength(4);
  });
});
