import { MesosDnsError } from "../../base/errors.js";
import { parseHttpUrl } from "../http/url.js";

const MAX_REDIRECTS = 3;

/** The current URL of a request, which changes as standbys redirect it to the leader. */
export class MarathonRequest {
  url: URL;
  readonly #path: string;
  #via: URL | undefined;
  #redirects = 0;

  /**
   * @param base of a node, without a final slash: Marathon may stand below a path
   * @param path at any node, `/v2/apps`
   */
  constructor(base: string, path: string, query: string) {
    this.#path = path;
    this.url = new URL(`${base}${path}${query}`);
  }

  /** Names the node in error messages. */
  get who(): string {
    const via = this.#via === undefined ? "" : ` (to which ${this.#via.origin} redirects)`;
    return `Marathon at ${this.url.origin}${via}`;
  }

  /**
   * Follows a redirect. Credentials go along, so it has to be one to a leader: to the same path, whatever the host, and never from https
   * to http. A login page has another path, and gets nothing.
   */
  redirect(location: string | string[] | undefined): void {
    const target = typeof location === "string" ? parseHttpUrl(location, this.url) : undefined;
    if (target === undefined) throw this.#astray("to no usable address");
    if (this.url.protocol === "https:" && target.protocol === "http:")
      throw this.#astray(`from https to http (${target.host}), which would give credentials away`);
    if (!target.pathname.endsWith(this.#path))
      throw this.#astray(`to ${target.origin}${target.pathname}, which is no leader's ${this.#path}`);
    if (++this.#redirects > MAX_REDIRECTS) throw this.#astray(`more than ${MAX_REDIRECTS} times`);
    target.username = "";
    target.password = "";
    target.search = this.url.search;
    this.#via = this.url;
    this.url = target;
  }

  #astray(how: string): MesosDnsError {
    return new MesosDnsError("MARATHON_STATUS", `${this.who} redirects ${how}`);
  }
}
