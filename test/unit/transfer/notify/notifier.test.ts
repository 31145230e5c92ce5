import { expect, test } from "vitest";
import type { NotifyTarget } from "../../../../src/config/config.js";
import { Notifier } from "../../../../src/transfer/notify/notifier.js";
import { type TsigKey, TsigKeys } from "../../../../src/wire/tsig.js";
import { silentLog } from "../../../support/service.js";
import { ManualTimers } from "../../../support/timers.js";
import { ChangingZone, emptySnapshot } from "../../../support/transfers.js";

const TARGET: NotifyTarget = { address: "192.0.2.5", port: 53, minIntervalMs: 100 };

/** A notifier of one zone, and when it has sent messages to its targets, in milliseconds. */
function setUp(targets: readonly NotifyTarget[] = [TARGET], keys: readonly TsigKey[] = []) {
  const timers = new ManualTimers();
  const warned: string[] = [];
  const log = { ...silentLog, warn: (_what: object, message: string) => void warned.push(message) } as never;
  const changing = new ChangingZone();
  let snapshot = emptySnapshot().with(changing.next(["a.mesos A 192.0.2.1"], 1));
  const sent: { readonly at: number; readonly to: string; readonly octets: Uint8Array }[] = [];
  const notifier = new Notifier(
    {
      timers,
      wallClock: () => 0,
      random16: () => 7,
      send: (octets, address) => sent.push({ at: timers.now(), to: address, octets }),
      log,
      zone: (name) => snapshot.zoneCalled(name),
      serialOf: () => undefined,
    },
    targets,
    new TsigKeys(keys),
  );
  let serial = 1;
  /** Changes the zone, and answers what is sent. */
  const change = () => {
    snapshot = snapshot.with(changing.next([`a.mesos A 192.0.2.${++serial % 256}`], serial));
    notifier.changed(["mesos"]);
  };
  const answer = () => {
    const octets = sent.at(-1)?.octets.slice() ?? new Uint8Array();
    octets[2] |= 0x80;
    notifier.receive(octets, TARGET.address, TARGET.port);
  };
  const asksForAll = () => notifier.asked({ address: TARGET.address, key: undefined, zone: "mesos" }, true);
  /** The pauses between messages while the zone changes all the time, for so long. */
  const pauses = (ms: number) => {
    const first = sent.length;
    const until = timers.now() + ms;
    while (timers.now() < until) {
      change();
      answer();
      timers.pass(10);
    }
    return sent.slice(first + 1).map(({ at }, i) => at - sent[first + i].at);
  };
  return { timers, notifier, sent, asksForAll, pauses, change, warned };
}

test("a target that asks for whole zones again and again is told each second only, for a minute from the last time", () => {
  const { timers, asksForAll, pauses } = setUp();
  expect(Math.max(...pauses(1_000))).toBeLessThan(200);
  for (let i = 0; i < 3; i++) asksForAll();
  pauses(3_000);
  expect(Math.min(...pauses(5_000))).toBeGreaterThanOrEqual(1_000);
  timers.pass(1_000);
  for (let i = 0; i < 3; i++) asksForAll();
  // A minute after the first time it has not been a minute since the last.
  pauses(52_000);
  expect(Math.min(...pauses(5_000))).toBeGreaterThanOrEqual(1_000);
  pauses(8_000);
  expect(Math.max(...pauses(1_000))).toBeLessThan(200);
});

test("further queries for whole zones set no timers", () => {
  const { timers, asksForAll } = setUp();
  for (let i = 0; i < 100; i++) asksForAll();
  expect(timers.pending).toBe(0);
});

test("a target that is added is told at once of the zones as they are, and one that is removed of nothing more", () => {
  const { notifier, sent, timers, pauses } = setUp();
  pauses(100);
  timers.pass(1_000);
  sent.length = 0;
  notifier.configure([{ ...TARGET, address: "192.0.2.6" }], new TsigKeys([]));
  expect(sent.map(({ to }) => to)).toEqual(["192.0.2.6"]);
});

test("a target that does not answer is unanswered while it is told again, and nobody knows how far it is", () => {
  const { timers, notifier, change } = setUp();
  change();
  expect(notifier.states()).toEqual([{ target: "192.0.2.5:53", zone: "mesos", lag: undefined, state: "sent" }]);
  for (let i = 0; i < 30; i++) {
    timers.pass(1_000);
    expect(notifier.states()[0]?.state).toBe("unanswered");
  }
});

test("an error without the signature that it needs ends nothing, and is told once for each zone", () => {
  const key: TsigKey = { name: "ns2.example", algorithm: "hmac-sha256", secret: Buffer.alloc(32, 7) };
  const { timers, notifier, sent, change, warned } = setUp([{ ...TARGET, key: key.name }], [key]);
  change();
  for (let i = 0; i < 2; i++) {
    const octets = sent.at(-1)?.octets.slice() ?? new Uint8Array();
    octets[2] |= 0x80;
    octets[3] = 9;
    notifier.receive(octets, TARGET.address, TARGET.port);
    timers.pass(5_000);
  }
  expect(sent.length).toBeGreaterThan(2);
  expect(notifier.states()[0]?.state).toBe("unanswered");
  expect(warned).toEqual([
    "it answers NOTIFY for mesos with NOTAUTH, and does not sign that: see that the secondary has this zone, and the same key",
  ]);
});
