/** The frontends that all services share: by name over HTTP and TLS, by app id, and what HAProxy tells of itself. */
import { createHash } from "node:crypto";
import { type Paths, word } from "./words.js";

/** What leads requests for a name to a backend. */
export interface HostRule {
  readonly host: string;
  /** `undefined` for all paths. */
  readonly paths: Paths | undefined;
  readonly backend: string;
  readonly weight: number;
  /** Whether the connection goes on to the servers as it is, TLS and all. */
  readonly isPassedOn: boolean;
  readonly redirectsToHttps: boolean;
  readonly auth: { readonly realm: string; readonly userlist: string } | undefined;
  /** Words of a listener for this name alone, where each name has its own; "" if it needs none. */
  readonly tlsOptions: string;
}

export interface SharedOptions {
  /** Addresses and ports, as `*:80`; `undefined` leaves the frontend out. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  readonly appId: string | undefined;
  readonly certificates: readonly string[];
  /** Whether names with certificates or options of their own have listeners of their own. */
  readonly groupsHttps: boolean;
  /** The files of the maps. */
  readonly hostsMap: string;
  readonly appsMap: string;
}

const HOST = "req.hdr(host),lower,field(1,:)";
const SNI = "ssl_fc_sni,lower";
const ALPN = " alpn h2,http/1.1";

/** Whether a rule is an entry of the map, so that it can come and go without a reload. */
export function isMapped({ host, paths, weight, isPassedOn }: HostRule): boolean {
  return !host.startsWith("*") && paths === undefined && weight === 0 && !isPassedOn;
}

/** @param rules each name and path once */
export function sharedFrontends(rules: readonly HostRule[], options: SharedOptions): readonly string[] {
  const ordered = [...rules].sort(byOrder);
  const ended = ordered.filter(({ isPassedOn }) => !isPassedOn);
  const passedOn = ordered.filter(({ isPassedOn }) => isPassedOn);
  return [
    ...(options.http === undefined ? [] : httpFrontend(ended, options.http, options.hostsMap)),
    ...(options.https === undefined ? [] : httpsFrontends(ended, passedOn, options.https, options)),
    ...(options.appId === undefined ? [] : appFrontend(options.appId, options.appsMap)),
  ];
}

/** Rules before the map, wildcards behind it, and last what is to be last. A path by itself makes a weight of 1. */
function classOf({ weight, host, paths }: HostRule): number {
  if (weight < 0) return 2;
  const isPlain = weight === 0 || (weight === 1 && paths !== undefined);
  return host.startsWith("*") && isPlain ? 1 : 0;
}

function byOrder(a: HostRule, b: HostRule): number {
  if (classOf(a) !== classOf(b)) return classOf(a) - classOf(b);
  // Of wildcards, the longer one says more.
  if (classOf(a) === 1 && a.host.length !== b.host.length) return b.host.length - a.host.length;
  return b.weight - a.weight;
}

function httpFrontend(rules: readonly HostRule[], bind: string, map: string): readonly string[] {
  return [
    "frontend http:in",
    `  bind ${bind}`,
    "  mode http",
    ...rules.flatMap((rule) => authLines(rule, HOST)),
    ...rules
      .filter(({ redirectsToHttps }) => redirectsToHttps)
      .map((rule) => `  http-request redirect scheme https code 301 if ${conditions(rule, HOST)}`),
    ...routes(rules, HOST, map),
  ];
}

/**
 * One frontend, unless some connections need another certificate or go on as they are: then the name that a client asks for decides, and
 * what is decrypted here comes back over a socket.
 */
function httpsFrontends(
  rules: readonly HostRule[],
  passedOn: readonly HostRule[],
  bind: string,
  { certificates, groupsHttps, hostsMap }: SharedOptions,
): readonly string[] {
  const shared = `ssl ${certificates.map((path) => `crt ${word(path)}`).join(" ")}`;
  const own = new Map(
    rules.flatMap(({ host, tlsOptions }) => (groupsHttps && tlsOptions !== "" ? [[host, tlsOptions] as const] : [])),
  );
  const body = (of: readonly HostRule[]) => [
    "  mode http",
    ...of.flatMap((rule) => authLines(rule, SNI)),
    ...routes(of, SNI, hostsMap),
  ];
  if (passedOn.length === 0 && own.size === 0) {
    return ["frontend https:in", `  bind ${bind} ${shared}${ALPN}`, ...body(rules)];
  }
  const others = rules.filter(({ host }) => !own.has(host));
  return [
    "frontend tls:in",
    `  bind ${bind}`,
    "  mode tcp",
    "  tcp-request inspect-delay 5s",
    "  tcp-request content accept if { req.ssl_hello_type 1 }",
    ...passedOn.map(({ host, backend }) => `  use_backend ${backend} if { req.ssl_sni,lower ${hostMatch(host)} }`),
    ...Array.from(own.keys(), (host) => `  use_backend ${loopOf(host)} if { req.ssl_sni,lower ${hostMatch(host)} }`),
    "  default_backend tls",
    ...decrypted("tls", "https:in", { tls: shared, hostsMap }, body(others)),
    ...Array.from(own).flatMap(([host, options]) => {
      const named = rules.filter((rule) => rule.host === host);
      return decrypted(loopOf(host), `${loopOf(host)}:in`, { tls: `ssl${options}`, hostsMap }, body(named));
    }),
  ];
}

/** A backend that leads to a frontend of this HAProxy. */
function decrypted(
  backend: string,
  frontend: string,
  { tls, hostsMap }: { readonly tls: string; readonly hostsMap: string },
  body: readonly string[],
): readonly string[] {
  // A machine has one of a name, whoever binds it: another HAProxy has its maps elsewhere. Names of hosts are too long.
  const digest = createHash("sha256").update(`${hostsMap} ${backend}`).digest("hex");
  const socket = `abns@mesos-dns-${digest.slice(0, 32)}`;
  return [
    `backend ${backend}`,
    "  mode tcp",
    `  server loop ${socket} send-proxy-v2`,
    `frontend ${frontend}`,
    `  bind ${socket} accept-proxy ${tls}${ALPN}`,
    ...body,
  ];
}

function loopOf(host: string): string {
  return `tls_${host.replace("*", "_")}`;
}

function appFrontend(bind: string, map: string): readonly string[] {
  return [
    "frontend apps:in",
    `  bind ${bind}`,
    "  mode http",
    `  use_backend %[req.hdr(x-marathon-app-id),lower,map(${word(map)})]`,
  ];
}

function authLines(rule: HostRule, sample: string): readonly string[] {
  if (!rule.auth) return [];
  const { realm, userlist } = rule.auth;
  const condition = `${conditions(rule, sample)} !{ http_auth(${userlist}) }`;
  return [`  http-request auth realm ${word(realm)} if ${condition}`];
}

/** Three passes make the order that HAProxy goes by anyway the order of the lines: who is it, redirects, and where to. */
function routes(rules: readonly HostRule[], sample: string, map: string): readonly string[] {
  const line = (rule: HostRule) => `  use_backend ${rule.backend} if ${conditions(rule, sample)}`;
  const lines = (wanted: (rule: HostRule) => boolean) =>
    rules.filter((rule) => !isMapped(rule) && wanted(rule)).map(line);
  return [
    ...lines((rule) => classOf(rule) === 0),
    `  use_backend %[${sample},map(${word(map)})]`,
    ...lines((rule) => classOf(rule) > 0),
  ];
}

function conditions({ host, paths }: HostRule, sample: string): string {
  const name = `{ ${sample} ${hostMatch(host)} }`;
  if (!paths) return name;
  const flag = paths.ignoresCase ? "-i " : "";
  return `${name} { path_beg ${flag}${paths.beginnings.map(word).join(" ")} }`;
}

/** What a name is compared with. A wildcard is for names below it, not for itself. */
function hostMatch(host: string): string {
  return host.startsWith("*") ? `-m end ${host.slice(1)}` : `-m str ${host}`;
}
