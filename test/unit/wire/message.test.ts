import packet from "dns-packet";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readMessage } from "../../../src/wire/message.js";
import { toMasterFileName } from "../../../src/wire/names.js";
import { rcodeName, typeName } from "../../../src/wire/protocol.js";
import { rdataText } from "../../../src/zone/rdata-text.js";

const ANSWERS: packet.Answer[] = [
  { name: "www.example.com", type: "CNAME", ttl: 9, data: "web.example.com" },
  { name: "web.example.com", type: "A", ttl: 60, data: "192.0.2.1" },
  { name: "web.example.com", type: "AAAA", ttl: 60, data: "2001:db8::1" },
  {
    name: "_web._tcp.example.com",
    type: "SRV",
    ttl: 60,
    data: { priority: 1, weight: 2, port: 80, target: "web.example.com" },
  },
  { name: "example.com", type: "MX", ttl: 60, data: { preference: 10, exchange: "mail.example.com" } },
  { name: "example.com", type: "TXT", ttl: 60, data: ["a b", "c"] },
  { name: "1.2.0.192.in-addr.arpa", type: "PTR", ttl: 60, data: "web.example.com" },
];
const SOA: packet.Answer = {
  name: "example.com",
  type: "SOA",
  ttl: 60,
  data: { mname: "ns.example.com", rname: "root.example.com", serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 },
};

/** A message as another program writes it, with compressed names. */
const message = () =>
  packet.encode({
    type: "response",
    id: 4_711,
    flags: packet.AUTHORITATIVE_ANSWER | packet.RECURSION_DESIRED | 3,
    questions: [{ name: "www.example.com", type: "A", class: "IN" }],
    answers: ANSWERS,
    authorities: [SOA],
    additionals: [
      { type: "OPT", name: ".", udpPayloadSize: 1_232, flags: 0, options: [{ code: 15, data: Buffer.from([0, 14]) }] },
    ] as never,
  });

it("reads what another program has written", () => {
  const read = readMessage(message());
  expect(read).toMatchObject({ id: 4_711, flags: ["qr", "aa", "rd"], opt: { payload: 1_232, dnssecOk: false } });
  expect(rcodeName(read?.rcode ?? -1)).toBe("NXDOMAIN");
  expect(read?.opt?.options).toEqual([{ code: 15, data: Buffer.from([0, 14]) }]);
  const lines = [...(read?.answers ?? []), ...(read?.authorities ?? [])].map(
    ({ owner, type, ttl, rdata }) => `${toMasterFileName(owner, 0)} ${ttl} ${typeName(type)} ${rdataText(type, rdata)}`,
  );
  expect(lines).toEqual([
    "www.example.com. 9 CNAME web.example.com.",
    "web.example.com. 60 A 192.0.2.1",
    "web.example.com. 60 AAAA 2001:db8::1",
    "_web._tcp.example.com. 60 SRV 1 2 80 web.example.com.",
    "example.com. 60 MX 10 mail.example.com.",
    'example.com. 60 TXT "a b" "c"',
    "1.2.0.192.in-addr.arpa. 60 PTR web.example.com.",
    "example.com. 60 SOA ns.example.com. root.example.com. 7 1 2 3 4",
  ]);
});

it("reads nothing of a message that is cut off, and survives any octets", () => {
  const whole = message();
  for (let length = 0; length < whole.length; length++) expect(readMessage(whole.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
      const changed = Uint8Array.from(whole);
      for (const [at, octet] of changes) changed[at] = octet;
      const read = readMessage(changed);
      for (const { type, rdata } of read?.answers ?? []) expect(rdataText(type, rdata)).toBeTypeOf("string");
    }),
  );
});
