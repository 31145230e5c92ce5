/** A host, by name or address without brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const HIGHEST_PORT = 65_535;

/** Whether `value` is a port that a server can listen on: 1 to 65535. */
export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= HIGHEST_PORT;
}

/** A resolver in the configuration's notation: `192.0.2.53:53`, `tls://192.0.2.53:853#dns.example`. */
export function formatResolver(resolver: HostPort & { readonly tlsName?: string }): string {
  const { tlsName } = resolver;
  const at = formatHostPort(resolver);
  if (tlsName === undefined) return at;
  return tlsName === "" ? `tls://${at}` : `tls://${at}#${tlsName}`;
}

/** A host and a port as in URLs: `[2001:db8::1]:53`. @param defaultPort is left out */
export function formatHostPort({ host, port }: HostPort, defaultPort?: number): string {
  if (port === defaultPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
