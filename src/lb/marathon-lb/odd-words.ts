import type { Service } from "../services.js";

/** A word of a configuration that is nothing else, and does not begin as an option does. */
const WORD = /^(?!-)[\p{L}\p{N}\p{M}!._~:/@,+=*?&;()[\]^<>-]*$/u;
/** Passwords are encrypted, and have `$` in them. */
const PASSWORD = /^[^\s"'#\\{}]*$/u;

/**
 * What of a service is more than words of its own in marathon-lb's texts, which have no quotes around them: a blank or a brace would begin
 * a condition that other services' requests meet. `undefined` if nothing is.
 */
export function oddWord({ appId, mode, check, settings }: Service): string | undefined {
  const { hostname, path, auth, bindOptions, balance, allowed } = settings;
  const texts: readonly (readonly [name: string, texts: readonly (string | undefined)[]])[] = [
    ["its id", [appId]],
    ["VHOST", hostname?.split(",") ?? []],
    ["PATH", pathsIn(path)],
    ["MODE", [mode]],
    ["BIND_ADDR", [settings.bindAddress]],
    ["BIND_OPTIONS", bindOptions?.split(" ") ?? []],
    ["SSL_CERT", [settings.certificate]],
    ["BALANCE", balance.split(" ")],
    ["AUTH", [auth?.realm, auth?.user]],
    ["HTTP_BACKEND_PROXYPASS_PATH", [settings.proxyPath]],
    ["HTTP_BACKEND_REVPROXY_PATH", [settings.reversePath]],
    ["HTTP_BACKEND_REDIR", [settings.redirectPath]],
    ["BACKEND_NETWORK_ALLOWED_ACL", allowed],
    ["the path of its health check", [check?.path]],
  ];
  const odd = texts.find(([, words]) => words.some((word) => word !== undefined && !WORD.test(word)));
  // Each would be listened at, and only the last one has the service's own port.
  if (settings.bindAddress.includes(","))
    return "BIND_ADDR has several addresses, and lb.allowTemplates does not let it";
  if (odd) return `${odd[0]} has characters in it that are no part of a word, and lb.allowTemplates does not let it`;
  return auth && !PASSWORD.test(auth.password) ? "AUTH has a password that is not encrypted" : undefined;
}

/** `-i /a /b`: one of them, in any case. */
function pathsIn(path: string | undefined): readonly string[] {
  const words = path?.split(/\s+/u) ?? [];
  return words[0] === "-i" ? words.slice(1) : words;
}
