import type { HostPort } from "../base/host-port.js";
import type { SocketConfig } from "../config/config.js";
import type { InheritedSocket } from "./inherited.js";

export type Kind = "udp" | "tcp" | "tls";

/** Where to listen. */
export interface ListenAddress {
  readonly address: HostPort;
  /** Descriptor of an inherited socket; undefined if the socket is still to be opened. */
  readonly inherited: number | undefined;
}

export interface ListenAddressesOptions {
  readonly config: Pick<SocketConfig, "listener" | "port" | "tlsPort">;
  /** Inherited sockets. Those of one kind replace the configured listeners of that kind. */
  readonly sockets: readonly InheritedSocket[];
  /** Whether there is a certificate. Without one there is no DNS over TLS. */
  readonly secure: boolean;
}

/** The addresses on which to listen for queries of this kind. */
export function listenAddressesOf(
  kind: Kind,
  { config, sockets, secure }: ListenAddressesOptions,
): readonly ListenAddress[] {
  const hasTls = secure && config.tlsPort !== 0;
  if (kind === "tls" && !hasTls) return [];
  const kindOf = ({ protocol, port }: InheritedSocket): Kind =>
    protocol === "tcp" && hasTls && port === config.tlsPort ? "tls" : protocol;
  const inherited = sockets.filter((socket) => kindOf(socket) === kind);
  if (inherited.length > 0) return inherited.map(({ fd, host, port }) => ({ address: { host, port }, inherited: fd }));
  const port = kind === "tls" ? config.tlsPort : config.port;
  return config.listener.map((host) => ({ address: { host, port }, inherited: undefined }));
}
