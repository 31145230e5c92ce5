/** A resolver as the configuration writes it: `192.0.2.53:53`, `tls://192.0.2.53:853#dns.example`. */
export function formatResolver(resolver: {
  readonly host: string;
  readonly port: number;
  readonly tlsName?: string;
}): string {
  const { tlsName } = resolver;
  const at = formatHostPort(resolver);
  if (tlsName === undefined) return at;
  return tlsName === "" ? `tls://${at}` : `tls://${at}#${tlsName}`;
}

/** A host, by name or address without brackets, and a port as people and URLs write them: `[2001:db8::1]:53`. */
export function formatHostPort(
  { host, port }: { readonly host: string; readonly port: number },
  defaultPort?: number,
): string {
  if (port === defaultPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
