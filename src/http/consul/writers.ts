import type { IncomingHttpHeaders } from "node:http";
import { octetsOf, parseAddress } from "../../base/addresses.js";
import { NetworkList } from "../../base/network-list.js";
import { isSameSecret } from "../../base/same-secret.js";
import type { ConsulSettings } from "../../config/consul.js";
import { refusal } from "./answers.js";
import type { ConsulAnswer } from "./endpoint.js";

/** Who may write. */
export class Writers {
  readonly #settings: () => Pick<ConsulSettings, "allowWrite" | "token">;
  #of: readonly string[] = [];
  #networks = new NetworkList([]);

  constructor(settings: () => Pick<ConsulSettings, "allowWrite" | "token">) {
    this.#settings = settings;
  }

  /** Why this client may not write; `undefined` if it may. @param address its own, which no header can change */
  refusal(address: string, headers: IncomingHttpHeaders, query: URLSearchParams): ConsulAnswer | undefined {
    const { allowWrite, token } = this.#settings();
    if (allowWrite !== this.#of) {
      this.#of = allowWrite;
      this.#networks = new NetworkList(allowWrite);
    }
    const parsed = parseAddress(address.split("%", 1)[0]);
    if (!parsed || !this.#networks.includes(octetsOf(parsed))) return refusal(403, "Access is restricted");
    if (token === "" || isSameSecret(tokenIn(headers, query), token)) return undefined;
    return refusal(403, "Permission denied");
  }
}

function tokenIn(headers: IncomingHttpHeaders, query: URLSearchParams): string {
  const header = headers["x-consul-token"];
  const [scheme = "", bearer = ""] = (headers.authorization ?? "").split(" ", 2);
  const named = typeof header === "string" ? header : "";
  return query.get("token") || named || (scheme.toLowerCase() === "bearer" ? bearer : "");
}
