import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { textOf } from "../base/lenient.js";
import type { TrustedProxies } from "./client-address.js";

/** Addresses of a request. Those of a connection are "" for one without a socket. */
export interface RequestAddresses {
  readonly peer: string;
  /** That of the client, which a trusted proxy may name. */
  readonly client: string;
  /** The one that the peer has connected to. */
  readonly local: string;
}

export function clientOf(c: Context, proxies: TrustedProxies): RequestAddresses {
  const peer = c.env?.incoming ? (getConnInfo(c).remote.address ?? "") : "";
  const local: unknown = c.env?.incoming?.socket.localAddress;
  const headers = { forwarded: c.req.header("forwarded"), xForwardedFor: c.req.header("x-forwarded-for") };
  return { peer, client: proxies.clientOf(peer, headers), local: textOf(local) };
}
