import type { Resolver } from "../config/config.js";
import type { Ignored } from "./link.js";
import { StreamLink } from "./stream-link.js";
import { UdpLink } from "./udp-link.js";
import type { MakeLinks, UpstreamLinks } from "./upstream.js";

/** Makes the links to upstreams. @param random16 returns unpredictable unsigned 16-bit integers */
export function linkMaker(random16: () => number): MakeLinks {
  return (resolver: Resolver, authorities: string | undefined, ignored: (reason: Ignored) => void): UpstreamLinks => {
    const { host, port, tlsName } = resolver;
    const parts = { server: { host, port }, now: () => performance.now(), random16, ignored };
    if (tlsName === undefined) return { datagrams: new UdpLink(parts), stream: new StreamLink(parts) };
    const tls = { name: tlsName, ca: authorities };
    return { datagrams: undefined, stream: new StreamLink({ ...parts, tls }) };
  };
}
