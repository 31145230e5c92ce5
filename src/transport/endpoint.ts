import type { Endpoint } from "../answer/request.js";
import { octetsOf, parseAddress } from "../base/addresses.js";
import { isWildcard } from "../base/wildcards.js";

const UNKNOWN = new Uint8Array(0);

/** Where a socket receives. Of one for all addresses only the port is known. @param host as Node.js writes it; a zone index is ignored */
export function endpointOf(host: string, port: number): Endpoint {
  const address = isWildcard(host) ? undefined : parseAddress(host.split("%", 1)[0]);
  return { octets: address ? octetsOf(address) : UNKNOWN, port };
}
