import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type { TrustedProxies } from "./client-address.js";

/** The address of the peer, and that of the client, which a trusted proxy may name. Both are "" for a request without a socket. */
export function clientOf(c: Context, proxies: TrustedProxies): { readonly peer: string; readonly client: string } {
  const peer = c.env?.incoming ? (getConnInfo(c).remote.address ?? "") : "";
  const headers = { forwarded: c.req.header("forwarded"), xForwardedFor: c.req.header("x-forwarded-for") };
  return { peer, client: proxies.clientOf(peer, headers) };
}
