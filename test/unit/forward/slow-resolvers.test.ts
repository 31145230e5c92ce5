import { describe, expect, test } from "vitest";
import { createRandom, type Random } from "../../../src/base/random.js";
import { lines, optOf } from "../../support/dns.js";
import {
  answering,
  asked,
  type Got,
  Rig,
  type RigOptions,
  rigOf,
  type Script,
  ScriptedServer,
  silent,
} from "./support.js";

const TIMEOUT = 5_000;
const ADDRESSES = ["192.0.2.1", "192.0.2.2"];

/** Between 0 and 1. */
type Chance = () => number;

interface Path {
  /** Milliseconds from a query to its reply; undefined if one of the two is lost. */
  delay(name: string, now: number, chance: Chance): number | undefined;
}

const steady = (ms: number): Path => ({ delay: () => ms });
const lossy = (share: number, { delay }: Path): Path => ({
  delay: (name, now, chance) => (chance() < share ? undefined : delay(name, now, chance)),
});

/** Some names take two seconds, others 20 ms; the same name always takes the same time. */
const someSlow: Path = { delay: (name) => (/^[0-4]/.test(name) ? 2_000 : 20) };
const jittering: Path = { delay: (_name, _now, chance) => 5 + 3_000 * chance() ** 4 };
/** No replies for a while, then all at once. */
const bursty: Path = { delay: (_name, now) => 1_300 - (now % 1_300) };

const PATHS: Readonly<Record<string, Path>> = {
  "takes 2 s": steady(2_000),
  "takes 4.9 s": steady(4_900),
  "takes 2 s for some names": someSlow,
  "loses 5 %": lossy(0.05, steady(20)),
  "loses 20 %": lossy(0.2, steady(20)),
  "loses 40 %": lossy(0.4, steady(20)),
  "loses 40 % and takes 2 s for some names": lossy(0.4, someSlow),
  jitters: jittering,
  "jitters and loses 20 %": lossy(0.2, jittering),
  "answers in bursts": bursty,
  "answers in bursts and loses 20 %": lossy(0.2, bursty),
};

/**
 * Asks `count` names, one about every `pause` milliseconds, of upstreams behind such paths. Returns each with when it was
 * asked, when its first reply arrived, and when its client was answered.
 */
function run(paths: readonly Path[], seed: number, count: number, pause: number, options: RigOptions = {}) {
  const random: Random = createRandom(seed);
  const chance = () => random() / 2 ** 31;
  const firstReply = new Map<string, number>();
  const servers = paths.map(() => new ScriptedServer(silent));
  const rig = new Rig(Object.fromEntries(servers.map((server, i) => [ADDRESSES[i], server])), {
    timeoutMs: TIMEOUT,
    random: createRandom(seed + 1),
    ...options,
  });
  servers.forEach((server, i) => {
    // Probes take the same path.
    server.probed = server.script = (query, via) => {
      const now = rig.timers.now();
      const delay = paths[i].delay(asked(query), now, chance);
      if (delay === undefined) return undefined;
      server.delay = Math.ceil(delay);
      const at = now + server.delay;
      // Probes ask for clients' names too. They have no OPT record.
      if (optOf(query)) firstReply.set(asked(query), Math.min(at, firstReply.get(asked(query)) ?? at));
      return answering(query, via);
    };
  });
  rig.forwarder.start();
  const all: { readonly name: string; readonly askedAt: number; readonly got: Got; answeredAt?: number }[] = [];
  const end = () => all.length === count && all.every(({ answeredAt }) => answeredAt !== undefined);
  let nextAt = 0;
  while (!end()) {
    if (all.length < count && rig.timers.now() >= nextAt) {
      const name = `${all.length % 10}-${all.length}.example`;
      all.push({ name, askedAt: rig.timers.now(), got: rig.ask(name) });
      nextAt = rig.timers.now() + 2 * pause * chance();
    }
    rig.timers.pass(5);
    for (const one of all) if (one.got.message) one.answeredAt ??= rig.timers.now();
  }
  rig.forwarder.close();
  return { rig, all, firstReply };
}

/** Names whose reply arrived in time, but whose client got another answer, or got it later. */
function lost({ all, firstReply }: ReturnType<typeof run>): string[] {
  return all
    .filter(({ name, askedAt, got, answeredAt = 0 }) => {
      const at = firstReply.get(name) ?? Number.POSITIVE_INFINITY;
      return at < askedAt + TIMEOUT && (got.message?.rcode !== "NOERROR" || answeredAt > at + 5);
    })
    .map(({ name }) => name);
}

describe.each(Object.entries(PATHS))("an upstream that %s", (_, path) => {
  test.each([1, 2, 3])("has all of its replies used that arrive in time, and is never down (seed %i)", (seed) => {
    for (const pause of [3, 40, 400]) {
      const outcome = run([path], seed, 60, pause);
      expect([pause, lost(outcome), outcome.rig.health]).toEqual([pause, [], []]);
    }
  });

  test.each(["sequential", "fastest", "race"] as const)(
    "has all of its replies used beside another such upstream, too (%s)",
    (policy) => {
      for (const pause of [3, 40, 400]) {
        const outcome = run([path, path], 4, 60, pause, { policy });
        expect([pause, lost(outcome), outcome.rig.health]).toEqual([pause, [], []]);
      }
    },
  );
});

/** Makes an upstream take `ms` milliseconds for answers, but reply to probes at once. */
function slowButThere(server: ScriptedServer, ms: number): void {
  const after = (delay: number, script: Script): Script => {
    return (query, via) => {
      server.delay = delay;
      return script(query, via);
    };
  };
  server.script = after(ms, answering);
  server.probed = after(10, server.probed);
}

test("an upstream that is slow for some names keeps its place in the order, as long as it answers others", () => {
  const { rig } = run([someSlow, steady(10)], 5, 200, 40);
  const { queries, results } = rig.forwarder.report().upstreams["192.0.2.1:53"];
  expect(queries).toBeGreaterThanOrEqual(190);
  expect(results.timeout).toBeGreaterThan(0);
  expect(rig.health).toEqual([]);
});

test("an upstream that is slow for three names at once is not down, as it replies to probes", () => {
  const { rig, server } = rigOf();
  slowButThere(server, 4_900);
  rig.forwarder.start();
  const got = [1, 2, 3].map((i) => rig.ask(`${i}.example`));
  rig.timers.pass(4_900);
  expect(got.map(({ message }) => message?.rcode)).toEqual(["NOERROR", "NOERROR", "NOERROR"]);
  expect(rig.health).toEqual([]);
});

test("a silent upstream is left out from the third late reply on, and is down five seconds later", () => {
  const [dead, other] = [new ScriptedServer(silent), new ScriptedServer(answering)];
  dead.probed = silent;
  const rig = new Rig({ [ADDRESSES[0]]: dead, [ADDRESSES[1]]: other });
  rig.forwarder.start();
  for (let i = 0; i < 3; i++) expect(rig.get(`${i}.example`, {}, 400).rcode).toBe("NOERROR");
  rig.timers.pass(0);
  const before = dead.names.length;
  expect(rig.get("www.example").rcode).toBe("NOERROR");
  expect(dead.names).toHaveLength(before);
  expect(rig.health).toEqual([]);
  rig.timers.pass(6_000);
  expect(rig.health).toEqual([`${ADDRESSES[0]}:53 down`]);
});

describe("a stale answer whose upstream takes longer than the timeout", () => {
  test("is given at once for 30 s after the first failure, not after 1.8 s each time", () => {
    const { rig, server } = rigOf(answering);
    for (let i = 0; i < 4; i++) rig.get(`${i}.example`);
    rig.timers.pass(300_000);
    slowButThere(server, 6_000);
    rig.forwarder.start();
    const first = [0, 1, 2, 3].map((i) => rig.ask(`${i}.example`));
    rig.timers.pass(1_799);
    expect(first.map(({ message }) => message)).toEqual(Array(4).fill(undefined));
    rig.timers.pass(1);
    for (let passed = 0; passed < 32; passed++) {
      rig.ask(`other-${passed}.example`);
      for (let i = 0; i < 4; i++)
        expect(lines(rig.get(`${i}.example`).answers)).toEqual([`${i}.example 30 A 192.0.2.1`]);
      rig.timers.pass(1_000);
    }
  });

  test("is given after 200 ms within these 30 s if an upstream has recovered, but has not answered yet", () => {
    const { rig, server } = rigOf(answering);
    rig.get("www.example");
    rig.timers.pass(300_000);
    server.script = () => "refused";
    rig.forwarder.start();
    server.probed = silent;
    for (let i = 0; i < 3; i++) rig.get(`${i}.example`);
    expect(lines(rig.get("www.example").answers)).toHaveLength(1);
    server.probed = answering;
    server.script = silent;
    rig.timers.pass(1_000);
    expect(rig.health.at(-1)).toBe("192.0.2.53:53 up");
    const got = rig.ask("www.example");
    rig.timers.pass(199);
    expect(got.message).toBeUndefined();
    rig.timers.pass(1);
    expect(lines(got.message?.answers)).toEqual(["www.example 30 A 192.0.2.1"]);
  });
});
