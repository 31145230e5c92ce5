import type { Context } from "hono";
import { octetsOf, parseAddress } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";
import { clientOf } from "./client.js";
import type { TrustedProxies } from "./client-address.js";

const THIS_MACHINE = new NetworkList(["127.0.0.0/8", "::1/128"]);
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** The token that a client names (RFC 6750 section 2.1); `undefined` if it names none. */
export function tokenOf(c: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** Whether the client is on this machine. A proxy on this machine that is not trusted speaks for anybody. */
export function isThisMachine(c: Context, proxies: TrustedProxies): boolean {
  const { peer, client } = clientOf(c, proxies);
  const isNamed = PROXY_HEADERS.some((name) => c.req.header(name) !== undefined);
  const address = parseAddress(client);
  return address !== undefined && THIS_MACHINE.includes(octetsOf(address)) && (!isNamed || proxies.includes(peer));
}
