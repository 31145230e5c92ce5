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
  const { peer, client, local } = clientOf(c, proxies);
  const isNamed = PROXY_HEADERS.some((name) => c.req.header(name) !== undefined);
  if (isNamed && !proxies.includes(peer)) return false;
  // Only this machine can connect from the very address that it connects to.
  if (peer !== "" && peer === local && client === peer) return true;
  const address = parseAddress(client);
  return address !== undefined && THIS_MACHINE.includes(octetsOf(address));
}

/**
 * Whether no page of somebody else's has asked for it, in a browser on this machine: that is from this machine as well. A page at a name that
 * its owner has led here for a while is of the same origin, and a browser may then say no more of it than that name.
 * @param hostname of this machine, or "" if it does not count
 */
export function isNoForeignPage(c: Context, hostname: string): boolean {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site") ?? "none";
  if (origin !== undefined) return isOwnName(host, hostname) && origin.replace(/^https?:\/\//, "") === host;
  return (site === "none" || site === "same-origin") && isOwnName(host, hostname);
}

/** Whether nobody else can make this name, with or without a port, lead to this machine: addresses need no name service. */
function isOwnName(host: string, hostname: string): boolean {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
  return (
    name === "localhost" || parseAddress(name) !== undefined || (hostname !== "" && name === hostname.toLowerCase())
  );
}
