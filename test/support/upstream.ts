import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import packet, { type Answer, type Packet } from "dns-packet";
import { framed, queriesOf } from "./ask.js";
import { decode, type Message } from "./dns.js";
import { freePort } from "./server.js";

export type Via = "udp" | "tcp";

/** What to say: records for the answer section, a whole message, or nothing at all. */
export type Reply = readonly Answer[] | Buffer | undefined;

/** Tells the resolver what to say to a query, now or later. */
export type Script = (query: Message, via: Via) => Reply | Promise<Reply>;

const LOOP_CHECK = /^[0-9a-f]{32}\.loop-check(\.|$)/;
const NXDOMAIN = 3;
const AA = 0x0400;
const RD = 0x0100;
const TC = 0x0200;

/** A resolver on 127.0.0.1 that says over UDP and TCP what a test tells it. */
export class Upstream {
  /** Every query in the order of arrival. */
  readonly queries: { readonly via: Via; readonly message: Message }[] = [];
  readonly port: number;
  readonly #udp: Socket;
  readonly #tcp: Server;
  #stopped = false;

  private constructor(port: number, reply: Script) {
    this.port = port;
    const answer = async (octets: Buffer, via: Via) => {
      const message = decode(octets);
      // Asked of every resolver at the start, to find loops: nothing that a test is about.
      if (LOOP_CHECK.test(message.questions?.[0]?.name ?? "")) return refusal(message, NXDOMAIN);
      this.queries.push({ via, message });
      const said = await reply(message, via);
      return said === undefined || Buffer.isBuffer(said) ? said : answerTo(message, said);
    };
    this.#udp = createSocket("udp4", async (octets, { port: from, address }) => {
      const said = await answer(octets, "udp");
      if (said && !this.#stopped) this.#udp.send(said, from, address);
    });
    this.#tcp = createServer(async (socket) => {
      socket.on("error", () => undefined);
      for await (const octets of queriesOf(socket)) {
        const said = await answer(octets, "tcp");
        if (said) socket.write(framed(said));
      }
    });
  }

  static async start(reply: Script): Promise<Upstream> {
    const upstream = new Upstream(await freePort(), reply);
    await new Promise<void>((resolve) => upstream.#udp.bind(upstream.port, "127.0.0.1", resolve));
    await new Promise<void>((resolve, reject) => {
      upstream.#tcp.once("error", reject).listen(upstream.port, "127.0.0.1", resolve);
    });
    return upstream;
  }

  /** As in the configuration's `resolvers`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The names asked for, in lower case, with how. */
  get asked(): string[] {
    return this.queries.map(({ via, message }) => `${message.questions?.[0]?.name.toLowerCase()} ${via}`);
  }

  stop(): void {
    this.#stopped = true;
    this.#udp.close();
    this.#tcp.close();
  }
}

/** A reply to `query` with these records; `flags` are added to AA, which a resolver's reply may have. */
export function answerTo(
  query: Message,
  answers: readonly Answer[],
  flags = 0,
  authorities: readonly Answer[] = [],
): Buffer {
  const sections = { answers: [...answers], authorities: [...authorities] };
  const message: Packet = { type: "response", flags: AA | RD | flags, ...sections };
  return packet.encode({ ...message, id: query.id ?? 0, questions: query.questions ?? [] });
}

/** A reply with TC and nothing else. */
export function truncated(query: Message): Buffer {
  return answerTo(query, [], TC);
}

/** A reply that there is no such name, which may be kept for ten minutes. */
export function nameError(query: Message): Buffer {
  const timers = { serial: 1, refresh: 600, retry: 600, expire: 600, minimum: 600 };
  const data = { mname: "ns.example", rname: "root.example", ...timers };
  return answerTo(query, [], NXDOMAIN, [{ name: "example", type: "SOA", ttl: 600, data }]);
}

/** A reply with nothing but an rcode. */
export function refusal(query: Message, rcode: number): Buffer {
  return answerTo(query, [], rcode);
}
