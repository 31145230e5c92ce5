import { expect, test } from "vitest";
import { proxiesOf } from "../../../src/http/client-address.js";
import { apiOf } from "./support.js";

const TYPE = { "content-type": "application/dns-message" };

test("a body is not read beyond the size of a DNS message", async () => {
  let taken = 0;
  let isLeft = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        taken++;
        controller.enqueue(new Uint8Array(16_384));
      },
      cancel: () => {
        isLeft = true;
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("http://localhost/dns-query", {
    method: "POST",
    headers: TYPE,
    body,
    duplex: "half",
  } as RequestInit);
  const response = await apiOf().api.request(request);
  expect(response.status).toBe(413);
  expect(taken).toBeLessThanOrEqual(6);
  expect(isLeft).toBe(true);
});

test("a client behind a proxy is known by the headers if the proxy is trusted; otherwise a warning is logged", async () => {
  const clients: string[] = [];
  const query = Buffer.alloc(12).toString("base64url");
  const ask = async (trustedProxies: readonly string[], headers: Record<string, string>) => {
    const { api, logged } = apiOf({
      proxies: proxiesOf(() => trustedProxies),
      answerOverHttps: async (message, address) => {
        clients.push(address);
        return message;
      },
    });
    const incoming = { socket: { remoteAddress: "127.0.0.1", remotePort: 1, remoteFamily: "IPv4", destroyed: false } };
    for (let i = 0; i < 3; i++) await api.request(`/dns-query?dns=${query}`, { headers }, { incoming });
    return logged.length;
  };
  expect(await ask(["127.0.0.0/8"], { "x-forwarded-for": "198.51.100.7" })).toBe(0);
  expect(await ask([], { "x-forwarded-for": "198.51.100.7" })).toBe(1);
  expect(await ask([], {})).toBe(0);
  expect(clients).toEqual([..."aaa"].map(() => "198.51.100.7").concat([..."bbbccc"].map(() => "127.0.0.1")));
});
