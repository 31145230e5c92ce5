import { createHash } from "node:crypto";
import { messageOf } from "../../base/errors.js";
import { isWanted, sorted } from "../selection.js";
import type { Notice, Service } from "../services.js";
import type { Backends } from "./backends.js";
import type { Balancer, BalancerMaps } from "./balancer.js";
import { type Claim, type Claims, type Conflict, type Holders, hostKey, nameKey, portKey, settle } from "./claims.js";
import { type HostRule, isMapped, type SharedOptions, sharedFrontends } from "./shared-frontends.js";
import { bindOptions, file, hostNames, paths, word } from "./words.js";

export interface BuildOptions extends SharedOptions {
  readonly groups: ReadonlySet<string>;
  /** Ports that no service can have: those of the shared frontends. */
  readonly reservedPorts: ReadonlySet<number>;
  readonly holders: Holders;
  /** Ids of apps that are not there any more, and whose services stay for a while. */
  readonly gone: ReadonlySet<string>;
  readonly cookieKey: string;
  /** Those of builds before this one, to which this adds. */
  readonly backends: Backends;
}

export interface Built {
  readonly balancer: Balancer;
  /** By key of what only one can have, which app has it. */
  readonly holders: Holders;
  readonly conflicts: readonly Conflict[];
  /** Services that are left out as a whole, and why. */
  readonly refused: readonly (Notice & { readonly service: Service })[];
}

/** A service that can be in the configuration, with what it asks for. */
interface Candidate {
  readonly service: Service;
  readonly name: string;
  readonly rules: readonly HostRule[];
}

/**
 * What HAProxy should run for these services. Who asks for what somebody else has loses that, and nothing else: its backend stays, and is
 * reached by the app's id.
 */
export function buildBalancer(services: readonly Service[], options: BuildOptions): Built {
  const inOrder = sorted(services);
  const wanted = inOrder.filter((service) => isWanted(service, options.groups) && !service.isDatagram);
  const { candidates, refused } = examine(wanted, options);
  const bound = candidates.filter(({ service }) => service.port !== 0 && !options.reservedPorts.has(service.port));
  const ports = settle(portClaims(bound, options.gone), options.holders);
  const hosts = settle(
    candidates.flatMap((candidate) => hostClaims(candidate, options.gone)),
    options.holders,
  );
  const rules = candidates.flatMap(({ service, rules }) =>
    rules.flatMap((rule) => ownedPart(rule, (key) => hosts.owners.get(key) === service)),
  );
  const owners = new Set(ports.owners.values());
  const ofApp = byApp(inOrder);
  const backends = candidates.map(({ service, name }) =>
    options.backends.of(service, {
      name,
      isBound: owners.has(service),
      ofApp: ofApp.get(service.appId) ?? [],
      cookieKey: options.cookieKey,
    }),
  );
  return {
    balancer: {
      head: [...candidates.flatMap(userlist), ...sharedFrontends(rules, options)],
      backends: backends.sort((a, b) => (a.name < b.name ? -1 : 1)),
      maps: mapsOf(rules, candidates, options),
      ruled: new Set(
        rules.flatMap((rule) => (isMapped(rule) || rule.isPassedOn ? [] : `${rule.host} ${rule.backend}`)),
      ),
    },
    holders: holdersOf(
      ports,
      hosts,
      settle(
        candidates.map(({ service }) => nameClaim(service)),
        options.holders,
      ),
    ),
    conflicts: [...ports.conflicts, ...hosts.conflicts, ...reservedConflicts(candidates, options)],
    refused,
  };
}

function byApp(services: readonly Service[]): ReadonlyMap<string, readonly Service[]> {
  const apps = new Map<string, Service[]>();
  for (const service of services) {
    const known = apps.get(service.appId);
    if (known) known.push(service);
    else apps.set(service.appId, [service]);
  }
  return apps;
}

/** Finds what cannot be in a configuration before anybody's claims count. */
function examine(services: readonly Service[], options: BuildOptions) {
  const candidates: Candidate[] = [];
  const refused: (Notice & { readonly service: Service })[] = [];
  const names = namesOf(services, options.holders);
  for (const service of services) {
    const name = names.get(service) as string;
    try {
      options.backends.check(service, { name, cookieKey: options.cookieKey });
      candidates.push({ service, name, rules: rulesOf(service, name, options) });
    } catch (error) {
      refused.push({ appId: service.appId, service, text: messageOf(error) });
    }
  }
  return { candidates, refused };
}

/**
 * A name that no other service has. Who has one keeps it when another one comes that would have the same: its requests would go to the
 * other one's servers until the reload.
 */
function namesOf(services: readonly Service[], holders: Holders): ReadonlyMap<Service, string> {
  const { owners } = settle(services.map(nameClaim), holders);
  return new Map(
    services.map((service) => {
      const name = backendName(service);
      const isOwn = owners.get(nameKey(name)) === service;
      return [service, isOwn ? name : `${name}_${service.index}_${sumOf(service.appId)}`] as const;
    }),
  );
}

function nameClaim(service: Service): Claim {
  return { key: nameKey(backendName(service)), service, weight: 0, isGone: false };
}

/** The name that marathon-lb gives, which programs know that look at HAProxy's figures. */
function backendName({ appId, port, index }: Service): string {
  return `${appId.slice(1).replace(/[^a-zA-Z0-9_.-]/gu, "_")}_${port === 0 ? `n${index}` : port}`;
}

/** Digits enough for no other id to have them, and more than a port has. */
function sumOf(appId: string): string {
  return createHash("sha256").update(appId).digest("hex").slice(0, 12);
}

function rulesOf(service: Service, backend: string, { certificates }: BuildOptions): readonly HostRule[] {
  const { hostname, path, weight, redirectsToHttps, auth } = service.settings;
  if (hostname === undefined) return [];
  const isPassedOn = service.mode === "tcp";
  return hostNames(hostname).map((host) => ({
    host,
    paths: path === undefined || isPassedOn ? undefined : paths(path),
    backend,
    weight,
    isPassedOn,
    redirectsToHttps,
    tlsOptions: tlsOptions(service, certificates),
    auth: auth && !isPassedOn ? { realm: auth.realm, userlist: userlistName(backend) } : undefined,
  }));
}

/** A certificate replaces the shared ones; options without one are for those. */
function tlsOptions({ settings }: Service, certificates: readonly string[]): string {
  const { certificate, bindOptions: options } = settings;
  if (certificate === undefined && options === undefined) return "";
  const files = certificate === undefined ? certificates : [file(certificate, "SSL_CERT")];
  return `${files.map((path) => ` crt ${word(path)}`).join("")}${options === undefined ? "" : bindOptions(options)}`;
}

function userlistName(backend: string): string {
  return `users_${backend}`;
}

function userlist({ service, name }: Candidate): readonly string[] {
  const { auth } = service.settings;
  if (!auth) return [];
  return [`userlist ${userlistName(name)}`, `  user ${word(auth.user)} password ${word(auth.password)}`];
}

/** A listener at all addresses has its port to itself; others have it at theirs. */
function portClaims(candidates: readonly Candidate[], gone: ReadonlySet<string>): readonly Claim[] {
  const whole = new Set(
    candidates.flatMap(({ service }) => (service.settings.bindAddress === "*" ? service.port : [])),
  );
  return candidates.map(({ service }) => {
    const key = portKey(service.port, whole.has(service.port) ? "*" : service.settings.bindAddress);
    return { key, service, weight: 0, isGone: gone.has(service.appId) };
  });
}

function hostClaims({ service, rules }: Candidate, gone: ReadonlySet<string>): readonly Claim[] {
  const isGone = gone.has(service.appId);
  return rules.flatMap((rule) => keysOf(rule).map((key) => ({ key, service, weight: rule.weight, isGone })));
}

function keysOf({ host, paths, isPassedOn }: HostRule): readonly string[] {
  if (!paths) return [hostKey(host, isPassedOn ? " over TLS" : "")];
  return paths.beginnings.map((path) => hostKey(host, paths.ignoresCase ? `${path.toLowerCase()} (any case)` : path));
}

/** A rule with those of its paths that are its own. */
function ownedPart(rule: HostRule, isOwn: (key: string) => boolean): readonly HostRule[] {
  const { paths } = rule;
  const keys = keysOf(rule);
  if (!paths) return keys.every(isOwn) ? [rule] : [];
  const beginnings = paths.beginnings.filter((_, index) => isOwn(keys[index] as string));
  return beginnings.length === 0 ? [] : [{ ...rule, paths: { ...paths, beginnings } }];
}

/** A map that no frontend asks is not there, and cannot be changed. */
function mapsOf(
  rules: readonly HostRule[],
  candidates: readonly Candidate[],
  { http, https, appId }: BuildOptions,
): BalancerMaps {
  return {
    hosts: http === undefined && https === undefined ? new Map() : hostsMap(rules),
    apps: appId === undefined ? new Map() : appsMap(candidates),
  };
}

function hostsMap(rules: readonly HostRule[]): ReadonlyMap<string, string> {
  return new Map(
    rules
      .filter(isMapped)
      .map(({ host, backend }) => [host, backend] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Ids that are one word in a map and in a command. Any other one could be a command of its own, and is reached otherwise. */
const KEY = /^[\w./:@~-]{1,1024}$/u;

/** By its id, an app is reached at its first service over HTTP. */
function appsMap(candidates: readonly Candidate[]): ReadonlyMap<string, string> {
  const apps = new Map<string, string>();
  for (const { service, name } of candidates) {
    const id = service.appId.toLowerCase();
    if (service.mode === "http" && KEY.test(id) && !apps.has(id)) apps.set(id, name);
  }
  return apps;
}

function holdersOf(...claims: readonly Claims[]): Holders {
  return new Map(claims.flatMap(({ owners }) => Array.from(owners, ([key, { appId }]) => [key, appId] as const)));
}

function reservedConflicts(candidates: readonly Candidate[], { reservedPorts }: BuildOptions): readonly Conflict[] {
  const losers = candidates.filter(({ service }) => reservedPorts.has(service.port));
  return losers.map(({ service }) => ({
    key: portKey(service.port, "*"),
    winner: undefined,
    losers: [service],
  }));
}
