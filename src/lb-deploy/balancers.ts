import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { causeOf, MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { printable } from "../base/printable.js";
import { readStats, type ServerStats } from "../lb/deploy/stats.js";
import { readBody } from "../sources/http/body.js";
import { basicLogin, NO_LOGIN } from "../sources/http/login.js";
import { destroy, Requests } from "../sources/http/requests.js";
import { endpointOf } from "../sources/http/url.js";

const ANSWER_MS = 10_000;
/** Octets of statistics: those of some 100,000 servers. */
const MAX_BYTES = 67_108_864;
/** Processes of a HAProxy that is not reloading: a master and a worker. */
const MOST_PROCESSES = 2;

/** What the load balancers have, or a clause that says why it cannot be told just now. */
export type Answers = { readonly stats: readonly (readonly ServerStats[])[] } | { readonly reloading: string };

/** The addresses of a name. Rejects if there are none. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** The load balancers at all addresses of a name. */
export class Balancers {
  readonly #url: URL;
  readonly #lookup: Lookup;

  /** @param url where they tell of themselves, `http://lb.example.com:9090`; with a user and a password if need be */
  constructor(url: URL, lookup: Lookup) {
    this.#url = url;
    this.#lookup = lookup;
  }

  /** Rejects with MesosDnsError LB_DEPLOY_BALANCER if any of them cannot be asked. */
  async ask(): Promise<Answers> {
    const addresses = await this.#addresses();
    const answers = await Promise.all(addresses.map((address) => this.#askOne(address)));
    const busy = answers.findIndex(({ processes }) => processes > MOST_PROCESSES);
    if (busy < 0) return { stats: answers.map(({ stats }) => stats) };
    return { reloading: `the load balancer at ${addresses[busy]?.address} is reloading` };
  }

  /** IPv4 alone where there is both: two addresses of one load balancer would be asked twice. */
  async #addresses(): Promise<readonly LookupAddress[]> {
    const { host } = endpointOf(this.#url);
    const addresses = await this.#lookup(host).catch((error: unknown) => {
      throw this.#failed(`the name ${host} has no address`, error);
    });
    const ofIpv4 = addresses.filter(({ family }) => family === 4);
    return ofIpv4.length > 0 ? ofIpv4 : addresses;
  }

  async #askOne(address: LookupAddress) {
    const at = formatHostPort({ host: address.address, port: endpointOf(this.#url).port });
    const requests = this.#requestsTo(address);
    try {
      const pids = await this.#fetch(requests, "/_haproxy_getpids");
      const stats = await this.#fetch(requests, "/haproxy?stats;csv");
      return { processes: pids.trim().split(/\s+/u).length, stats: readStats(stats) };
    } catch (error) {
      throw this.#failed(`the load balancer at ${at} cannot be asked`, error);
    } finally {
      await requests.close();
    }
  }

  #requestsTo({ address, family }: LookupAddress): Requests {
    // The URL keeps its name, for the Host header and for certificates.
    const lookup: LookupFunction = (_, { all }, done) =>
      all ? done(null, [{ address, family }]) : done(null, address, family);
    const dispatcher = new Agent({
      connect: { lookup, timeout: ANSWER_MS },
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    });
    const { username, password } = this.#url;
    const login = username === "" ? NO_LOGIN : basicLogin(decodeURIComponent(username), decodeURIComponent(password));
    return new Requests(dispatcher, login);
  }

  async #fetch(requests: Requests, path: string): Promise<string> {
    const url = new URL(`${this.#url.pathname.replace(/\/+$/u, "")}${path}`, this.#url);
    const signal = AbortSignal.timeout(ANSWER_MS);
    const { statusCode, body } = await requests.send(url, { method: "GET", headers: {} }, signal);
    if (statusCode !== 200) {
      destroy(body);
      throw new Error(`${path} is answered with status ${statusCode}`);
    }
    const parts: Uint8Array[] = [];
    const tooLarge = () => new Error(`its answer has more than ${MAX_BYTES} octets`);
    await readBody(body, { gzip: false, maxBytes: MAX_BYTES, tooLarge, signal, take: (part) => parts.push(part) });
    return Buffer.concat(parts).toString("utf8");
  }

  #failed(what: string, error: unknown): MesosDnsError {
    return new MesosDnsError("LB_DEPLOY_BALANCER", `${what}: ${printable(causeOf(error))}`, { cause: error });
  }
}
