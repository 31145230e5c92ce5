import type { HostPort } from "../../base/host-port.js";

/** An http or https URL, which may be relative to `base`; `undefined` for anything else. */
export function parseHttpUrl(text: string, base?: URL): URL | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

/** The host and port in a URL, or the default port of its scheme. */
export function endpointOf(url: URL): HostPort {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}
