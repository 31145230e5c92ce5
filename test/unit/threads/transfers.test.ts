import { createHash } from "node:crypto";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { FollowingMessages } from "../../../src/answer/request.js";
import { streamChannel } from "../../../src/serving/channels.js";
import { TransferClient } from "../../../src/serving/transfer-client.js";
import type { ToTransferThread } from "../../../src/threads/messages.js";
import { Transfers } from "../../../src/threads/transfers.js";
import type { TransferFiles } from "../../../src/transfer/transfer-file.js";
import type { FromTransfers, ToTransfers } from "../../../src/transfer/transport.js";
import type { Snapshot, SnapshotUpdate } from "../../../src/zone/snapshot.js";
import { decode, encodeIxfr, encodeQuery } from "../../support/dns.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { ChangingZone, emptySnapshot, messagesIn, recordsIn } from "../../support/transfers.js";
import { NOW, requestOf } from "../../support/zone.js";
import { configOf } from "../config/support.js";

const CLIENT = Uint8Array.of(192, 0, 2, 5);
const FILE = "/state/last-transfers";

/** The files of one folder in memory. */
class MemoryFiles {
  readonly contents = new Map<string, Buffer>();

  get files(): TransferFiles {
    const { contents } = this;
    const missing = (path: string) => Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
    return {
      readFile: async (path: string) => {
        const found = contents.get(path);
        if (!found) throw missing(path);
        return found;
      },
      open: async (path: string) => {
        contents.set(path, Buffer.alloc(0));
        const add = async (more: Uint8Array | string) => {
          contents.set(path, Buffer.concat([contents.get(path) ?? Buffer.alloc(0), Buffer.from(more)]));
        };
        return { writeFile: add, sync: async () => {}, stat: async () => ({ ino: 1 }), close: async () => {} };
      },
      rename: async (from: string, to: string) => {
        contents.set(to, contents.get(from) as Buffer);
        contents.delete(from);
      },
      rm: async (path: string) => void contents.delete(path),
    } as unknown as TransferFiles;
  }
}

/** What transfers zones in one process, from this snapshot on. */
async function start(snapshot: Snapshot, files = new MemoryFiles(), notify: readonly string[] = []) {
  const timers = new ManualTimers();
  const told: string[] = [];
  const config = configOf({ stateDir: "/state", maxTransfersPerClient: 3, allowTransfer: ["192.0.2.0/24"], notify });
  const transfers = new Transfers({
    config,
    keys: [],
    snapshot,
    port: { postMessage: () => {} },
    log: silentLog,
    timers,
    wallClock: () => NOW * 1000,
    random16: () => 7,
    files: files.files,
    send: (_octets, address) => told.push(address),
  });
  let update: (message: SnapshotUpdate) => void = () => {};
  const snapshots = { on: (_: string, listener: typeof update) => (update = listener), postMessage() {}, close() {} };
  let ask: (message: ToTransfers) => void = () => {};
  const answers: FromTransfers[] = [];
  let close = () => {};
  const clients = {
    on: (event: string, listener: typeof ask & typeof close) => {
      if (event === "message") ask = listener;
      else close = listener;
    },
    postMessage: (message: FromTransfers) => answers.push(message),
  };
  await transfers.restore();
  transfers.start();
  await transfers.take({ kind: "snapshots", port: snapshots } as unknown as ToTransferThread);
  await transfers.take({ kind: "clients", port: clients } as unknown as ToTransferThread);
  let id = 0;
  return {
    transfers,
    told,
    use: (next: SnapshotUpdate) => update(next),
    /** The thread with the connections is gone. */
    close: () => close(),
    /** The memory of the first messages of an answer, and a function that says what became of it. */
    begin: (message: Uint8Array) => {
      const own = ++id;
      ask({ kind: "open", id: own, message, client: CLIENT, isStream: true, isTrusted: true, limit: 1232 });
      const last = answers.at(-1);
      if (last?.kind !== "messages") throw new Error("it is broken off");
      return { memory: last.octets.buffer, say: (kind: "done" | "cancel") => ask({ kind, id: own }) };
    },
    /** The records of the answer to a query, which the client takes completely. */
    take: (message: Uint8Array) => {
      const way = { client: CLIENT, isStream: true, isTrusted: true, limit: 1232 };
      ask({ kind: "open", id: ++id, message, ...way });
      ask({ kind: "done", id });
      const last = answers.at(-1);
      if (last?.kind !== "messages") throw new Error("it is broken off");
      return (decode(Buffer.from(last.octets).subarray(2)).answers ?? []).map(({ type }) => type);
    },
  };
}

/** A file with a difference from version 1 to version 2, which one client has got, and the snapshot that belongs to it. */
async function saved() {
  const changing = new ChangingZone();
  const files = new MemoryFiles();
  const before = emptySnapshot().with(changing.next(["a.mesos A 192.0.2.1", "b.mesos A 192.0.2.2"], 1));
  const { transfers, take, use } = await start(before, files);
  take(encodeQuery("mesos", { type: "AXFR" }));
  const update = changing.next(["a.mesos A 192.0.2.3", "b.mesos A 192.0.2.2"], 2);
  use(update);
  await transfers.take({ kind: "stop" });
  const octets = files.contents.get(FILE) as Buffer;
  return { octets, snapshot: before.with(update), changing };
}

const DIFFERENCE = ["SOA", "SOA", "A", "SOA", "A", "SOA"];
const WHOLE = ["SOA", "NS", "A", "A", "SOA"];

/** The types of records that a client at version 1 gets after a start with this file. */
async function resumed(octets: Buffer, snapshot: Snapshot) {
  const files = new MemoryFiles();
  files.contents.set(FILE, octets);
  const { take } = await start(snapshot, files);
  expect(files.contents.has(FILE)).toBe(false);
  return take(encodeIxfr("mesos", 1)).sort();
}

describe("the file of differences", () => {
  test("lets a client go on with the difference after a restart", async () => {
    const { octets, snapshot } = await saved();
    expect(await resumed(octets, snapshot)).toEqual([...DIFFERENCE].sort());
  });

  test("never gives a difference when it is truncated, or when any bit of it has changed", async () => {
    const { octets, snapshot } = await saved();
    for (let size = 0; size < octets.length; size += 7)
      expect([size, await resumed(octets.subarray(0, size), snapshot)]).toEqual([size, [...WHOLE].sort()]);
    for (let at = 0; at < octets.length; at += 3) {
      const damaged = Buffer.from(octets);
      damaged[at] ^= 1 << (at % 8);
      expect([at, await resumed(damaged, snapshot)]).toEqual([at, [...WHOLE].sort()]);
    }
  });

  test.each([
    ["that another version of the program has written", { format: "mesos-dns transfers 0" }],
    ["of other zones, or of other names hashed with another secret", { digest: "0".repeat(64) }],
  ])("never gives a difference when it is one %s, though it is whole", async (_what, other) => {
    const { octets, snapshot } = await saved();
    const [first, ...lines] = octets.toString().split("\n").slice(0, -2);
    const text = [JSON.stringify({ ...JSON.parse(first), ...other }), ...lines].map((line) => `${line}\n`).join("");
    const whole = Buffer.from(`${text}${createHash("sha256").update(text).digest("hex")}\n`);
    expect(await resumed(whole, snapshot)).toEqual([...WHOLE].sort());
  });

  test("never gives a difference to another zone with the same serial", async () => {
    const { octets } = await saved();
    const other = emptySnapshot().with(new ChangingZone().next(["a.mesos A 192.0.2.9", "b.mesos A 192.0.2.2"], 2));
    expect(await resumed(octets, other)).toEqual([...WHOLE].sort());
  });
});

describe("a secondary that is to be told", () => {
  const zone = () => emptySnapshot().with(new ChangingZone().next(["a.mesos A 192.0.2.1"], 1));

  test("is told when the thread begins, as it may have been added by a reload, but not before there is a zone", async () => {
    expect((await start(zone(), undefined, ["192.0.2.5"])).told).toEqual(["192.0.2.5"]);
    expect((await start(emptySnapshot(), undefined, ["192.0.2.5"])).told).toEqual([]);
  });

  test("is told when it is added while the thread runs", async () => {
    const { transfers, told } = await start(zone());
    await transfers.take({ kind: "configure", config: configOf({ notify: ["192.0.2.6"] }), keys: [] });
    expect(told).toEqual(["192.0.2.6"]);
  });
});

describe("the memory of messages", () => {
  const NAMES = Array.from({ length: 30_000 }, (_, i) => `task-${i}.marathon.mesos`);

  /**
   * The records of a zone that a client gets whose connection takes messages as late as it can.
   * @param onLast what happens when the last messages are there, and have not been taken
   */
  async function takeLate(client: TransferClient, onLast = async () => {}): Promise<readonly string[]> {
    const asking = { channel: streamChannel(false, 30), client: { octets: CLIENT, mayQuery: true, mayRecurse: true } };
    const request = requestOf(encodeQuery("mesos", { type: "AXFR" }), { ...asking, out: new Uint8Array(0) });
    const { message, following } = await new Promise<{ message: Uint8Array; following: FollowingMessages }>(
      (resolve) => {
        client.ask(request, 1232, (first, more) => more && resolve({ message: first, following: more }));
      },
    );
    const stream: Uint8Array[] = [Uint8Array.of(message.length >> 8, message.length & 255), message];
    const waiting: Uint8Array[] = [];
    let isEnding = false;
    for (let quiet = 0; ; ) {
      const next = following.next();
      if (next === "end" && !isEnding) await onLast();
      isEnding ||= next === "end";
      if (typeof next === "object") waiting.push(next);
      else if (next === "end" && waiting.length === 0) break;
      else if (next === "broken") throw new Error("it is broken off");
      else if (quiet++ < 3) await new Promise((resolve) => setTimeout(resolve, 2));
      else {
        quiet = 0;
        // Only now the connection reads the memory.
        stream.push((waiting.shift() as Uint8Array).slice());
        following.taken();
      }
    }
    following.sent();
    return recordsIn(messagesIn(Buffer.concat(stream)));
  }

  test("is that of a later transfer when nobody reads it, and not when its connection may still", async () => {
    const zone = emptySnapshot().with(new ChangingZone().next(["a.mesos A 192.0.2.1"], 1));
    const { begin, close } = await start(zone);
    const query = encodeQuery("mesos", { type: "AXFR" });
    const first = begin(query);
    first.say("done");
    const second = begin(query);
    expect(second.memory).toBe(first.memory);
    second.say("cancel");
    const third = begin(query);
    expect(third.memory).toBe(first.memory);
    expect(begin(query).memory).not.toBe(first.memory);
    close();
    expect(begin(query).memory).not.toBe(first.memory);
  });

  test("is not written again before it has been read, also by other transfers", async () => {
    const lines = NAMES.map((name, i) => `${name} A 10.0.${i >> 8}.${i & 255}`);
    const { transfers } = await start(emptySnapshot().with(new ChangingZone().next(lines, 1)));
    const { port1, port2 } = new MessageChannel();
    await transfers.take({ kind: "clients", port: port1 } as unknown as ToTransferThread);
    const client = new TransferClient();
    client.connect(port2);
    const wanted = lines.map((line) => line.replace(" A ", " 60 A ")).sort();
    const addresses = (records: readonly string[]) => records.filter((record) => record.includes(" A ")).sort();
    const others: string[][] = [];
    const first = await takeLate(client, async () => {
      for (const records of await Promise.all([takeLate(client), takeLate(client)])) others.push(addresses(records));
    });
    expect(others).toEqual([wanted, wanted]);
    expect(addresses(first)).toEqual(wanted);
    client.connect(undefined);
  });
});
