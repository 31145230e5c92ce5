/** What the labels `HAPROXY_{n}_…` of an app say of its n-th service. */

/** Labels whose text becomes part of the configuration as it is: templates of marathon-lb. */
export const TEMPLATE_LABELS: ReadonlySet<string> = new Set([
  "BACKEND_HEAD",
  "BACKEND_HSTS_OPTIONS",
  "BACKEND_HTTP_HEALTHCHECK_OPTIONS",
  "BACKEND_HTTP_OPTIONS",
  "BACKEND_REDIRECT_HTTP_TO_HTTPS",
  "BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH",
  "BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS",
  "BACKEND_SERVER_OPTIONS",
  "BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS",
  "BACKEND_STICKY_OPTIONS",
  "BACKEND_TCP_HEALTHCHECK_OPTIONS",
  "FRONTEND_BACKEND_GLUE",
  "FRONTEND_HEAD",
  "HTTPS_FRONTEND_ACL",
  "HTTPS_FRONTEND_ACL_ONLY_WITH_PATH",
  "HTTPS_FRONTEND_ACL_WITH_AUTH",
  "HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH",
  "HTTPS_FRONTEND_ACL_WITH_PATH",
  "HTTP_BACKEND_NETWORK_ALLOWED_ACL",
  "HTTP_BACKEND_PROXYPASS_GLUE",
  "HTTP_BACKEND_REVPROXY_GLUE",
  "HTTP_FRONTEND_ACL",
  "HTTP_FRONTEND_ACL_ONLY",
  "HTTP_FRONTEND_ACL_ONLY_WITH_PATH",
  "HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH",
  "HTTP_FRONTEND_ACL_WITH_AUTH",
  "HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH",
  "HTTP_FRONTEND_ACL_WITH_PATH",
  "HTTP_FRONTEND_APPID_ACL",
  "HTTP_FRONTEND_ROUTING_ONLY",
  "HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH",
  "HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH",
  "HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH",
  "TCP_BACKEND_NETWORK_ALLOWED_ACL",
  "USERLIST_HEAD",
]);

/** Octets of one label that are believed: a page of configuration is some thousand. */
const MOST_TEXT = 65_536;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const INTEGER = /^\s*[+-]?\d{1,9}\s*$/u;
const TIME = /^\d{1,9}(?:us|ms|s|m|h|d)?$/u;
const TRUE: ReadonlySet<string> = new Set(["true", "t", "yes", "y"]);

export interface ServiceSettings {
  /** The names as they were given, in lower case: `www.example.com,example.com`. */
  readonly hostname: string | undefined;
  readonly path: string | undefined;
  /** The order of rules for names: largest first. */
  readonly weight: number;
  readonly mode: string | undefined;
  readonly port: number | undefined;
  readonly bindAddress: string;
  readonly bindOptions: string | undefined;
  readonly certificate: string | undefined;
  readonly balance: string;
  readonly isSticky: boolean;
  readonly isEnabled: boolean;
  readonly redirectsToHttps: boolean;
  readonly hasHsts: boolean;
  readonly auth: { readonly realm: string; readonly user: string; readonly password: string } | undefined;
  readonly proxyPath: string | undefined;
  readonly reversePath: string | undefined;
  readonly redirectPath: string | undefined;
  /** Addresses and networks that are let in; all if there are none. */
  readonly allowed: readonly string[];
  /** Whose health check counts where the service has none. */
  readonly checkIndex: number | undefined;
  /** `undefined`: those of the app count. */
  readonly groups: readonly string[] | undefined;
  /** How long a connection may be silent, as HAProxy writes times: of the client, of the server, and once it is a tunnel. */
  readonly timeouts: { readonly client?: string; readonly server?: string; readonly tunnel?: string };
  /** Texts that replace templates, by the template's name. */
  readonly templates: ReadonlyMap<string, string>;
}

export interface LabelsOptions {
  /** Whether a service without `ENABLED` is left out. */
  readonly isStrict: boolean;
  readonly allowsTemplates: boolean;
}

/** The text of a label of this service, by what stands behind `HAPROXY_{n}_`. */
export type LabelOf = (name: string) => string | undefined;

/**
 * Throws an Error that names the label and what is wrong with it.
 * @param labelOf the labels of the service
 */
export function readSettings(labelOf: LabelOf, { isStrict, allowsTemplates }: LabelsOptions): ServiceSettings {
  const text = (name: string) => lineOf(labelOf(name), name);
  const flag = (name: string) => TRUE.has((text(name) ?? "").toLowerCase());
  const path = text("PATH");
  const weight = integerOf(text("BACKEND_WEIGHT"), "BACKEND_WEIGHT") ?? 0;
  return {
    hostname: text("VHOST")?.toLowerCase() || undefined,
    path: path || undefined,
    weight: path !== undefined && weight === 0 ? 1 : weight,
    mode: text("MODE")?.toLowerCase(),
    port: integerOf(text("PORT"), "PORT"),
    bindAddress: text("BIND_ADDR") ?? "*",
    bindOptions: text("BIND_OPTIONS") || undefined,
    certificate: text("SSL_CERT") || undefined,
    balance: text("BALANCE") ?? "roundrobin",
    isSticky: flag("STICKY"),
    isEnabled: text("ENABLED") === undefined ? !isStrict : flag("ENABLED"),
    redirectsToHttps: flag("REDIRECT_TO_HTTPS"),
    hasHsts: flag("USE_HSTS"),
    auth: authOf(text("AUTH")),
    proxyPath: text("HTTP_BACKEND_PROXYPASS_PATH") || undefined,
    reversePath: text("HTTP_BACKEND_REVPROXY_PATH") || undefined,
    redirectPath: text("HTTP_BACKEND_REDIR") || undefined,
    allowed: (text("BACKEND_NETWORK_ALLOWED_ACL") ?? "").split(/\s+/u).filter((network) => network !== ""),
    checkIndex: integerOf(text("BACKEND_HEALTHCHECK_PORT_INDEX"), "BACKEND_HEALTHCHECK_PORT_INDEX"),
    groups: text("GROUP")?.split(","),
    timeouts: timeoutsOf(text),
    templates: allowsTemplates ? templatesOf(labelOf) : new Map(),
  };
}

/** The names of templates that an app's labels have, which count only where that is allowed. */
export function templateLabels(labelOf: LabelOf): readonly string[] {
  return [...TEMPLATE_LABELS].filter((name) => labelOf(name) !== undefined);
}

function templatesOf(labelOf: LabelOf): ReadonlyMap<string, string> {
  return new Map(
    templateLabels(labelOf).map((name) => [name, bounded(labelOf(name) ?? "", name).replaceAll("\r\n", "\n")]),
  );
}

/** A label that stays within its line of the configuration. */
function lineOf(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined;
  if (CONTROL.test(text)) throw new Error(`${name} has a line break or another control character in it`);
  return bounded(text, name);
}

function bounded(text: string, name: string): string {
  if (text.length <= MOST_TEXT) return text;
  throw new Error(`${name} is ${text.length} characters long, and may be ${MOST_TEXT}`);
}

function integerOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!INTEGER.test(text)) throw new Error(`${name} is "${text}", and has to be an integer`);
  return Number(text);
}

function timeoutsOf(text: LabelOf): ServiceSettings["timeouts"] {
  const entries = (["client", "server", "tunnel"] as const).flatMap((side) => {
    const name = `TIMEOUT_${side.toUpperCase()}`;
    const time = text(name);
    if (time === undefined) return [];
    if (!TIME.test(time)) throw new Error(`${name} is "${time}", and has to be a time such as 30s, 10m or 1h`);
    return [[side, time]];
  });
  return Object.fromEntries(entries);
}

function authOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const [realm = "", user = "", password, ...more] = text.split(":");
  if (password === undefined || more.length > 0) {
    throw new Error("AUTH has to be realm:user:password, where the password is encrypted and has no colon in it");
  }
  return user === "" ? undefined : { realm, user, password };
}
