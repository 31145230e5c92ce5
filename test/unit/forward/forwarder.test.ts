import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/errors.js";
import type { Exchange, ExchangeRequest } from "../../../src/forward/exchange.js";
import {
  type ForwardPolicy,
  type ForwardResult,
  resolversFor,
  SequentialForwarder,
} from "../../../src/forward/forwarder.js";
import { encodeQuery } from "../../support/dns.js";
import { upstreamReply } from "../../support/service.js";

const A = { host: "192.0.2.1", port: 53 };
const B = { host: "192.0.2.2", port: 53 };
const POLICY: ForwardPolicy = { resolvers: [A, B], zoneResolvers: {}, timeoutMs: 5000 };
const QUERY = encodeQuery("www.example.com", { id: 7 });
const REQUEST = { query: QUERY, questionEnd: QUERY.length, name: "www.example.com.", stream: false };

type Script = Record<string, (request: ExchangeRequest) => Uint8Array>;

const rcode = (code: number) => (request: ExchangeRequest) => {
  const reply = upstreamReply(request.query);
  reply[3] = code;
  return reply;
};
const truncated = (request: ExchangeRequest) => {
  const reply = upstreamReply(request.query);
  reply[2] |= 2;
  return reply;
};
const timeout = () => {
  throw new MesosDnsError("FORWARD_TIMEOUT", "no answer");
};
const refused = () => {
  throw new MesosDnsError("FORWARD_NETWORK", "connection refused");
};

function forwarder(udp: Script, tcp: Script = {}, policy = POLICY) {
  const asked: string[] = [];
  const counted: [string, ForwardResult][] = [];
  let id = 100;
  const exchange =
    (protocol: string, script: Script): Exchange =>
    async (request) => {
      asked.push(`${protocol} ${request.server.host}`);
      const act = script[request.server.host];
      if (!act) throw new Error(`nobody at ${request.server.host}`);
      return act(request);
    };
  const parts = {
    udp: exchange("udp", udp),
    tcp: exchange("tcp", tcp),
    randomId: () => id++,
    count: (resolver: string, result: ForwardResult) => void counted.push([resolver, result]),
  };
  return { asked, counted, forward: new SequentialForwarder(parts, policy) };
}

describe("forwarding", () => {
  test("asks the first resolver, with an id of its own, and gives the client its id back", async () => {
    let sent = 0;
    const { forward, asked } = forwarder({
      "192.0.2.1": (request) => {
        sent = (request.query[0] << 8) | request.query[1];
        return rcode(0)(request);
      },
    });
    const answer = await forward.forward(REQUEST);
    expect(asked).toEqual(["udp 192.0.2.1"]);
    expect(sent).toBe(100);
    expect(answer).toMatchObject({ kind: "reply" });
    if (answer.kind === "reply") expect([...answer.message.subarray(0, 2)]).toEqual([0, 7]);
  });

  test.each<[string, (request: ExchangeRequest) => Uint8Array, ForwardResult]>([
    ["is silent", timeout, "timeout"],
    ["cannot be reached", refused, "network_error"],
    ["answers SERVFAIL", rcode(2), "servfail"],
    ["answers REFUSED", rcode(5), "refused"],
  ])("asks the next one where the first %s, and counts both", async (_, act, result) => {
    const { forward, asked, counted } = forwarder({ "192.0.2.1": act, "192.0.2.2": rcode(0) });
    expect(await forward.forward(REQUEST)).toMatchObject({ kind: "reply" });
    expect(asked).toEqual(["udp 192.0.2.1", "udp 192.0.2.2"]);
    expect(counted).toEqual([
      ["192.0.2.1:53", result],
      ["192.0.2.2:53", "answered"],
    ]);
  });

  test("takes NXDOMAIN for an answer", async () => {
    const { forward, asked } = forwarder({ "192.0.2.1": rcode(3) });
    await forward.forward(REQUEST);
    expect(asked).toEqual(["udp 192.0.2.1"]);
  });

  test("passes on what a resolver refused with, if none does better", async () => {
    const { forward } = forwarder({ "192.0.2.1": rcode(5), "192.0.2.2": timeout });
    const answer = await forward.forward(REQUEST);
    expect(answer.kind === "reply" && answer.message[3] & 15).toBe(5);
  });

  test("says why where none answers", async () => {
    expect(await forwarder({ "192.0.2.1": timeout, "192.0.2.2": timeout }).forward.forward(REQUEST)).toEqual({
      kind: "failed",
      ede: 22,
    });
    expect(await forwarder({ "192.0.2.1": timeout, "192.0.2.2": refused }).forward.forward(REQUEST)).toEqual({
      kind: "failed",
      ede: 23,
    });
  });

  test("fails without resolvers", async () => {
    expect(await forwarder({}, {}, { ...POLICY, resolvers: [] }).forward.forward(REQUEST)).toEqual({
      kind: "failed",
      ede: 22,
    });
  });

  test("fetches a truncated answer whole over TCP", async () => {
    const { forward, asked } = forwarder({ "192.0.2.1": truncated }, { "192.0.2.1": rcode(0) });
    const answer = await forward.forward(REQUEST);
    expect(asked).toEqual(["udp 192.0.2.1", "tcp 192.0.2.1"]);
    expect(answer.kind === "reply" && answer.message[2] & 2).toBe(0);
  });

  test("passes a truncated answer on where TCP fails", async () => {
    const answer = await forwarder({ "192.0.2.1": truncated }, { "192.0.2.1": refused }).forward.forward(REQUEST);
    expect(answer.kind === "reply" && answer.message[2] & 2).toBe(2);
  });

  test("uses the client's transport", async () => {
    const { forward, asked } = forwarder({}, { "192.0.2.1": rcode(0) });
    await forward.forward({ ...REQUEST, stream: true });
    expect(asked).toEqual(["tcp 192.0.2.1"]);
  });

  test("lets an error of its own be seen", async () => {
    await expect(forwarder({}).forward.forward(REQUEST)).rejects.toThrow("nobody at");
  });

  test("follows a new policy", async () => {
    const { forward, asked } = forwarder({ "192.0.2.2": rcode(0) });
    forward.configure({ ...POLICY, resolvers: [B] });
    await forward.forward(REQUEST);
    expect(asked).toEqual(["udp 192.0.2.2"]);
  });
});

describe("the resolvers of a name", () => {
  const policy: ForwardPolicy = {
    resolvers: [A],
    zoneResolvers: { example: [B], "deep.example": [A, B] },
    timeoutMs: 1,
  };

  test.each([
    ["www.example.", [B]],
    ["example.", [B]],
    ["a.deep.example.", [A, B]],
    ["notexample.", [A]],
    ["www.example.com.", [A]],
    [".", [A]],
    ["constructor.", [A]],
  ])("of %s are those of its longest zone", (name, resolvers) => expect(resolversFor(name, policy)).toEqual(resolvers));
});
