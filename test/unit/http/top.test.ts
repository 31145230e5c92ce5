import { describe, expect, test } from "vitest";
import { proxiesOf } from "../../../src/http/client-address.js";
import { apiOf } from "./support.js";

interface Asked {
  /** The address of the client, and the one that it has connected to. */
  readonly from: string;
  readonly at?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly trusted?: readonly string[];
}

/** The status and the error of a request for who asks what. */
async function ask({ from, at = from, headers = {}, trusted = [] }: Asked) {
  const { api } = apiOf({ proxies: proxiesOf(() => trusted) });
  const socket = { remoteAddress: from, remotePort: 40_000, remoteFamily: "IPv4", localAddress: at };
  const host = at.includes(":") ? `[${at}]:8123` : `${at}:8123`;
  const response = await api.request("/v1/top", { headers: { host, ...headers } }, { incoming: { socket } });
  return { status: response.status, error: ((await response.json()) as { error?: string }).error };
}

describe("who asks what is told", () => {
  test.each<[string, Asked]>([
    ["at loopback", { from: "127.0.0.1" }],
    ["at the machine's own address", { from: "192.0.2.53" }],
    ["at its own address of IPv6", { from: "2001:db8::53" }],
    ["at its own address, at a socket for both", { from: "::ffff:192.0.2.53", headers: { host: "192.0.2.53" } }],
    ["at localhost", { from: "127.0.0.1", headers: { host: "localhost:8123" } }],
    ["at the machine's name", { from: "127.0.1.1", headers: { host: "ns1:8123" } }],
    ["from a page of this server", { from: "127.0.0.1", headers: { origin: "http://127.0.0.1:8123" } }],
  ])("to a program on this machine, %s", async (_, asked) => {
    expect(await ask(asked)).toEqual({ status: 200, error: undefined });
  });

  test.each<[string, Asked]>([
    ["another machine", { from: "192.0.2.7", at: "192.0.2.53" }],
    ["another machine of which nothing is known", { from: "", at: "" }],
    ["somebody behind a proxy at the machine's own address", { from: "192.0.2.53", headers: { via: "1.1 proxy" } }],
    [
      "somebody behind a trusted proxy there",
      { from: "192.0.2.53", headers: { "x-forwarded-for": "192.0.2.7" }, trusted: ["192.0.2.53/32"] },
    ],
  ])("to nobody else: %s", async (_, asked) => {
    expect(await ask(asked)).toEqual({ status: 403, error: expect.stringMatching(/to this machine alone/) });
  });

  test.each([
    ["a name that its owner has led here", { host: "evil.example.com:8123" }],
    ["such a name with the machine's name in it", { host: "ns1.evil.example.com:8123" }],
    ["a name that is none", { host: "evil:example:8123" }],
    ["another origin", { origin: "http://evil.example.com" }],
    ["another site, without saying which", { "sec-fetch-site": "cross-site" }],
    ["such a name as its own origin", { host: "evil.example.com", origin: "http://evil.example.com" }],
  ])("to no page in a browser on this machine: %s", async (_, headers) => {
    const answer = await ask({ from: "127.0.0.1", headers });
    expect(answer).toEqual({ status: 403, error: expect.stringMatching(/is not told to web pages: ask for it at/) });
  });
});
