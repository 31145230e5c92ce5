/** Where somebody listens: a host, by name or address without brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A resolver as the configuration writes it: `192.0.2.53:53`, `tls://192.0.2.53:853#dns.example`. */
export function formatResolver(resolver: HostPort & { readonly tlsName?: string }): string {
  const { tlsName } = resolver;
  const at = formatHostPort(resolver);
  if (tlsName === undefined) return at;
  return tlsName === "" ? `tls://${at}` : `tls://${at}#${tlsName}`;
}

/** A host, by name or address without brackets, and a port as people and URLs write them: `[2001:db8::1]:53`. */
export function formatHostPort({ host, port }: HostPort, defaultPort?: number): string {
  if (port === defaultPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
