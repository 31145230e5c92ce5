import dnsPacket, { type Packet } from "dns-packet";
import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.js";
import { Query } from "../../src/wire/query.js";
import { signRequest } from "../../src/wire/tsig.js";
import { encodeQuery } from "../support/dns.js";
import { TestTransfers, TRANSFER_KEY } from "../support/transfer-server.js";
import { ChangingZone, messagesIn } from "../support/transfers.js";
import { APEX, NOW } from "../support/zone.js";
import { type Fuzz, mutate, randomMessage } from "./mutate.js";

/** Number of messages in this run, and their seed, so that a failure can be repeated. */
const FUZZ_MESSAGES = Number(process.env.FUZZ_TRANSFERS ?? 20_000);
const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 0x5eed);

const SERIALS = [0, 1, 2, 3, 0x80000001];

function ixfr(serial: number, mname: string): Uint8Array {
  return dnsPacket.encode({
    type: "query",
    id: 7,
    questions: [{ name: "mesos", type: "IXFR" as "AXFR", class: "IN" }],
    authorities: [{ name: "mesos", type: "SOA", ttl: 0, data: { ...APEX.soa, mname, rname: ".", serial } }],
  } as Packet);
}

function signed(query: Uint8Array): Uint8Array {
  const memory = new Uint8Array(700);
  memory.set(query);
  return memory.slice(0, signRequest(memory, query.length, TRANSFER_KEY, NOW).length);
}

const PLAIN = [
  encodeQuery("mesos", { type: "AXFR" }),
  encodeQuery("mesos", { type: "AXFR", edns: 1232 }),
  encodeQuery("other.example", { type: "AXFR" }),
  encodeQuery("mesos", { type: "IXFR" }),
  ...SERIALS.flatMap((serial) => [ixfr(serial, "."), ixfr(serial, "ns1.mesos"), ixfr(serial, "ns2.mesos")]),
];

test("any query for a transfer gets whole messages that can be decoded, and leaves nothing behind", () => {
  const transfers = new TestTransfers();
  const changing = new ChangingZone();
  for (let serial = 1; serial <= 3; serial++) {
    const lines = Array.from({ length: 20 * serial }, (_, i) => `n${i}.mesos A 192.0.2.${serial}`);
    transfers.history.use(changing.next(lines, serial));
    transfers.ask(PLAIN[0]);
  }
  const corpus = [...PLAIN, ...PLAIN.map(signed), signed(signed(PLAIN[0]))];
  const query = new Query();
  const fuzz: Fuzz = { random: createRandom(FUZZ_SEED), corpus };
  for (let i = 0; i < FUZZ_MESSAGES; i++) {
    const message = i % 8 === 0 ? randomMessage(fuzz) : mutate(fuzz);
    // What has no header does not come this far.
    if (message.length < 12 || (message[2] & 0x80) !== 0) continue;
    const isStream = i % 2 === 0;
    const { octets, isBroken } = transfers.ask(message, { isStream });
    transfers.timers.pass(1_000);
    if (isBroken) throw new Error(`${Buffer.from(message).toString("hex")} has broken its connection`);
    query.read(message, message.length, 0);
    const limit = query.opt.present ? Math.max(512, Math.min(query.opt.payload, 1232)) : 512;
    if (!isStream && octets.length > limit) throw new Error(`${Buffer.from(message).toString("hex")}: too long`);
    const messages = isStream ? messagesIn(octets) : [dnsPacket.decode(Buffer.from(octets))];
    expect(messages[0]?.id).toBe((message[0] << 8) | message[1]);
  }
  expect([transfers.turns.running, transfers.timers.pending]).toEqual([0, 0]);
  expect(transfers.onReading.mock.lastCall?.[1]).toEqual([]);
}, 60_000);
