import { once } from "node:events";
import { createServer, type Server as TlsServer } from "node:tls";
import packet from "dns-packet";
import { Cookies } from "../../src/wire/cookies.js";
import { framed, queriesOf, sendUdp, TcpClient } from "./ask.js";
import { decode, optOf } from "./dns.js";
import { answerTo } from "./upstream.js";

/** What tests of a running server look at beside its answers. */

/** A resolver over TLS that answers every name with one address. */
export async function startTlsResolver(
  pem: { readonly key: string; readonly cert: string },
  data: string,
): Promise<TlsServer> {
  const server = createServer({ ...pem, ALPNProtocols: ["dot"] }, async (socket) => {
    socket.on("error", () => undefined);
    for await (const octets of queriesOf(socket)) {
      const query = decode(octets);
      const answer = [{ name: query.questions?.[0]?.name ?? "", type: "A" as const, ttl: 9, data }];
      socket.write(framed(answerTo(query, answer)));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

const CLIENT_COOKIE = Buffer.from("0123456789abcdef", "hex");
const CLIENT = Uint8Array.of(127, 0, 0, 1);

/** The server's cookie; nothing where it gives none. @param sent what the client has of one */
export async function cookieOf(
  at: { readonly host: string; readonly port: number },
  sent: Buffer = CLIENT_COOKIE,
): Promise<Buffer | undefined> {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [{ code: 10, data: sent }] };
  const query = packet.encode({
    type: "query",
    id: 1,
    questions: [{ name: "web.marathon.mesos", type: "A", class: "IN" }],
    additionals: [opt] as unknown as packet.Answer[],
  });
  return optOf(decode(await sendUdp(at, query)))?.options.find(({ code }) => code === 10)?.data;
}

/** Whether a cookie was made with this secret for a client at 127.0.0.1. */
export function isCookieOf(cookie: Buffer | undefined, secret: string): boolean {
  return cookie !== undefined && cookiesOf(secret).isValid(cookie, 0, cookie.length, CLIENT, now());
}

/** A cookie as a server with this secret gives it to a client at 127.0.0.1. */
export function cookieWith(secret: string): Buffer {
  const cookies = cookiesOf(secret);
  cookies.answer(CLIENT_COOKIE, 0, CLIENT_COOKIE.length, CLIENT, now());
  return Buffer.from(cookies.cookie);
}

const cookiesOf = (secret: string) => new Cookies(Uint8Array.from(Buffer.from(secret, "hex")));
const now = () => Math.floor(Date.now() / 1000);

/** Milliseconds until the server closes a connection to which these octets have been written, at most `limit`. */
export async function closedAfter(
  at: { readonly host: string; readonly port: number },
  octets: Uint8Array,
  limit: number,
): Promise<number> {
  const client = await TcpClient.connect(at);
  const began = performance.now();
  const closed = new Promise<void>((resolve) => {
    client.socket.on("error", () => undefined).once("close", () => resolve());
    client.socket.once("end", () => resolve()).resume();
  });
  client.socket.write(octets);
  const timer = new Promise<void>((resolve) => setTimeout(resolve, limit));
  await Promise.race([closed, timer]);
  client.close();
  return performance.now() - began;
}
