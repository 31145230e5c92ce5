/** A host, by name or address without brackets, and a port as people and URLs write them: `[2001:db8::1]:53`. */
export function formatHostPort(
  { host, port }: { readonly host: string; readonly port: number },
  defaultPort?: number,
): string {
  if (port === defaultPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
