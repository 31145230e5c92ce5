import { MesosDnsError } from "../../base/errors.js";
import { formatHostPort, type HostPort } from "../../base/host-port.js";
import { endpointOf, parseHttpUrl } from "../http/url.js";

/** The path of the state since Mesos 0.22, and the one before. */
export const STATE_PATH = "/master/state";
export const OLD_STATE_PATH = "/master/state.json";
/** The path of the operator API, in Mesos 1.0 and later. */
export const API_PATH = "/api/v1";
const MAX_REDIRECTS = 3;

/** The current URL of a request, which changes as masters redirect it. */
export class MasterRequest {
  url: URL;
  /** The master in `url`. */
  from: HostPort;
  #via: HostPort | undefined;
  #redirects = 0;
  #triedOtherPath = false;

  constructor(master: HostPort, https: boolean, path = STATE_PATH) {
    this.from = master;
    this.url = new URL(`${https ? "https" : "http"}://${formatHostPort(master)}${path}`);
  }

  /** Names the master in error messages. */
  get who(): string {
    const via = this.#via === undefined ? "" : ` (to which ${formatHostPort(this.#via)} redirects)`;
    return `Mesos master ${formatHostPort(this.from)}${via}`;
  }

  usePath(path: string): void {
    this.url = new URL(path, this.url);
  }

  /** Switches between STATE_PATH and OLD_STATE_PATH. Returns false if both have been tried. */
  tryOtherPath(): boolean {
    if (this.#triedOtherPath) return false;
    this.#triedOtherPath = true;
    this.usePath(this.url.pathname === OLD_STATE_PATH ? STATE_PATH : OLD_STATE_PATH);
    return true;
  }

  /** Follows a redirect. A non-leader names the leader without a scheme: `//192.0.2.1:5050/master/state`. */
  redirect(location: string | string[] | undefined): void {
    const target = typeof location === "string" ? parseHttpUrl(location, this.url) : undefined;
    if (target === undefined) throw this.#astray("to no usable address");
    if (this.url.protocol === "https:" && target.protocol === "http:") {
      throw this.#astray(`from https to http (${target.host}), which would give credentials away`);
    }
    if (++this.#redirects > MAX_REDIRECTS) throw this.#astray(`more than ${MAX_REDIRECTS} times`);
    target.username = "";
    target.password = "";
    this.url = target;
    this.#via = this.from;
    this.from = endpointOf(target);
    this.#triedOtherPath = false;
  }

  #astray(how: string): MesosDnsError {
    return new MesosDnsError("MASTER_STATUS", `${this.who} redirects ${how}`);
  }
}
