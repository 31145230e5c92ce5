import dnsPacket from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wholeZone } from "../../../src/transfer/contents.js";
import { TransferMessage } from "../../../src/transfer/message.js";
import { TransferResponse } from "../../../src/transfer/response.js";
import { SuffixTable } from "../../../src/transfer/suffix-table.js";
import { CHUNK } from "../../../src/transfer/transport.js";
import { NO_EDE } from "../../../src/wire/edns.js";
import { decodeName, encodeName } from "../../../src/wire/names.js";
import type { Snapshot } from "../../../src/zone/snapshot.js";
import { messagesIn, recordsIn } from "../../support/transfers.js";
import { snapshotOf } from "../../support/zone.js";

const QUERY = Uint8Array.from(
  dnsPacket.encode({ type: "query", id: 4711, questions: [{ name: "mesos", type: "AXFR" as "A" }] }),
);

/** The whole response to AXFR: chunks of messages. */
function transfer(snapshot: Snapshot): Uint8Array[] {
  const response = new TransferResponse(new TransferMessage(), {
    query: QUERY,
    questionEnd: QUERY.length,
    contents: wholeZone(snapshot, 0),
    rcode: 0,
    ede: NO_EDE,
    edns: false,
    signer: undefined,
    isStream: true,
    limit: 65_535,
    clock: () => 0,
  });
  const chunks: Uint8Array[] = [];
  const memory = new Uint8Array(CHUNK);
  while (!response.isComplete) chunks.push(memory.slice(0, response.next(memory)));
  return chunks;
}

describe("a zone in messages", () => {
  test("has its SOA first and last, and every record once between", () => {
    const lines = [
      "a.b.mesos A 192.0.2.1",
      "a.b.mesos A 192.0.2.2",
      "a.mesos AAAA 2001:db8::1",
      "_x._tcp.b.mesos SRV a.b.mesos 80",
    ];
    const messages = messagesIn(Buffer.concat(transfer(snapshotOf(lines))));
    const records = recordsIn(messages);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ id: 4711, flag_aa: true, rcode: "NOERROR", questions: [{ name: "mesos" }] });
    expect(records[0]).toMatch(/^mesos 60 SOA/);
    expect(records.at(-1)).toBe(records[0]);
    expect(records.slice(1, -1).sort()).toEqual([
      '_x._tcp.b.mesos 60 SRV {"priority":0,"weight":1,"port":80,"target":"a.b.mesos"}',
      "a.b.mesos 60 A 192.0.2.1",
      "a.b.mesos 60 A 192.0.2.2",
      "a.mesos 60 AAAA 2001:db8::1",
      "mesos 60 NS ns1.mesos",
    ]);
  });

  test("needs many messages of at most 16 KiB if it is large, of which only the first repeats the question", () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `task-${i}.marathon.mesos A 10.0.${i >> 8}.${i & 255}`);
    const chunks = transfer(snapshotOf(lines));
    const messages = messagesIn(Buffer.concat(chunks));
    const records = recordsIn(messages).slice(1, -1);
    expect(new Set(records).size).toBe(5_001);
    expect(records).toHaveLength(5_001);
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.map(({ questions }) => questions?.length)).toEqual([1, ...messages.slice(1).map(() => 0)]);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(CHUNK);
    // Names are compressed: a name and an address take 28 octets or less here, not 41.
    expect(Buffer.concat(chunks).length / records.length).toBeLessThan(30);
  });

  test("is read as it is whatever its names are", () => {
    const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
    const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => `${labels.join(".")}.mesos`);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), (names) => {
        const records = recordsIn(
          messagesIn(Buffer.concat(transfer(snapshotOf(names.map((each) => `${each} A 192.0.2.1`))))),
        );
        expect(records.filter((each) => each.endsWith("A 192.0.2.1")).sort()).toEqual(
          names.map((each) => `${each} 60 A 192.0.2.1`).sort(),
        );
      }),
    );
  });
});

test("a suffix is found where the message has it, whatever names came before, also in other messages", () => {
  const table = new SuffixTable();
  const label = fc.constantFrom("a", "b", "c", "team-1", "team-2", "x".repeat(63));
  const names = fc.array(fc.array(label, { minLength: 1, maxLength: 3 }), { maxLength: 3_000 });
  fc.assert(
    fc.property(names, fc.boolean(), (list, isWhole) => {
      table.begin();
      const message = new Map<number, string>();
      let at = 12;
      for (const labels of list) {
        const name = encodeName(labels.join("."));
        const place = table.enter(name, 0, name.length - 1, isWhole, at);
        const rest = place < 0 ? "" : message.get(place);
        expect(decodeName(name, table.octets)).toBe(place < 0 ? "." : rest);
        for (let start = 0; start < table.octets; start += name[start] + 1) {
          message.set(at + start, decodeName(name, start));
        }
        at += table.octets + (place < 0 ? 1 : 2);
      }
    }),
    { numRuns: 50 },
  );
});
