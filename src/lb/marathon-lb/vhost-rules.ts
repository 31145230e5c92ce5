import type { Service } from "../services.js";
import type { FormatValues } from "./python-format.js";
import { cleanedUp } from "./server-name.js";
import type { ServiceText, Templates } from "./templates.js";

/** A piece of a frontend, and where it stands among the others: largest weight first. */
export interface WeightedText {
  readonly weight: number;
  readonly text: string;
}

/** What a name has of its own, where each has a frontend for TLS. */
export interface VhostGroup {
  readonly rules: WeightedText[];
  readonly certificates: Set<string>;
  readonly bindOptions: Set<string>;
}

/** The rules that lead the names of a service to its backend. */
export interface VhostRules {
  readonly http: WeightedText;
  readonly https: WeightedText;
  readonly groups: ReadonlyMap<string, VhostGroup>;
  /** Names whose backend a map says. */
  readonly mapped: readonly string[];
  /** Whether the map of names is asked now, over HTTP and over TLS: once in each frontend. */
  readonly asksMap: MapUse;
}

export interface MapUse {
  readonly http: boolean;
  readonly https: boolean;
}

export interface VhostOptions {
  readonly usesMaps: boolean;
  /** The folder of the maps. */
  readonly folder: string;
  /** Whether a service before has rules that ask the map. */
  readonly asksMap: MapUse;
}

/** Rules for a service that has names. @param backend its name */
export function vhostRules(
  templates: Templates,
  service: Service,
  backend: string,
  options: VhostOptions,
): VhostRules | undefined {
  const { hostname } = service.settings;
  return hostname === undefined ? undefined : new RuleWriter(templates, service, backend, options).write(hostname);
}

class RuleWriter {
  readonly #templates: Templates;
  readonly #service: Service;
  readonly #options: VhostOptions;
  readonly #values: FormatValues;
  readonly #suffix: string;
  #weight: number;
  #http = "";
  #https = "";
  #asksMap: MapUse;
  readonly #mapped: string[] = [];
  readonly #groups = new Map<string, VhostGroup>();

  constructor(templates: Templates, service: Service, backend: string, options: VhostOptions) {
    const { appId, settings } = service;
    this.#templates = templates;
    this.#service = service;
    this.#options = options;
    this.#weight = settings.weight;
    this.#asksMap = options.asksMap;
    this.#suffix = appId.slice(1).replaceAll("/", "_");
    this.#values = {
      backend,
      appId,
      haproxy_dir: options.folder,
      bindAddr: settings.bindAddress,
      path: settings.path,
      realm: settings.auth?.realm,
    };
  }

  write(hostname: string): VhostRules {
    const names = hostname.split(",");
    if (names.length > 1) this.#writeSeveral(names);
    else this.#writeOne(hostname);
    return {
      http: { weight: this.#weight, text: this.#http },
      https: { weight: this.#weight, text: this.#https },
      groups: this.#groups,
      mapped: this.#mapped,
      asksMap: this.#asksMap,
    };
  }

  get #hasAuth(): boolean {
    return Boolean(this.#service.settings.auth?.realm);
  }

  #fill(text: ServiceText, aclName: string, hostname: string): string {
    return this.#templates.service(this.#service, text, { ...this.#values, cleanedUpHostname: aclName, hostname });
  }

  #aclName(name: string): string {
    return `${cleanedUp(name)}_${this.#suffix}`;
  }

  /** One rule that has all that it needs. */
  #writeOne(name: string): void {
    const { path, redirectsToHttps, certificate, bindOptions } = this.#service.settings;
    const acl = this.#aclName(name);
    if (certificate !== undefined || bindOptions !== undefined) this.#groupOf(name);
    if (redirectsToHttps) {
      const texts: readonly ServiceText[] = path
        ? ["HTTP_FRONTEND_ACL_ONLY", "HTTP_FRONTEND_ACL_ONLY_WITH_PATH", "BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH"]
        : ["HTTP_FRONTEND_ACL", "BACKEND_REDIRECT_HTTP_TO_HTTPS"];
      for (const text of texts) this.#http += this.#fill(text, acl, name);
    } else if (path) {
      const text = this.#hasAuth ? "HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH" : "HTTP_FRONTEND_ACL_WITH_PATH";
      this.#http += this.#fill(text, acl, name);
    } else if (this.#hasAuth) {
      this.#http += this.#fill("HTTP_FRONTEND_ACL_WITH_AUTH", acl, name);
    } else if (this.#options.usesMaps) {
      this.#map("http", name, "MAP_HTTP_FRONTEND_ACL");
    } else {
      this.#http += this.#fill("HTTP_FRONTEND_ACL", acl, name);
    }
    if (path) this.#addHttps(name, this.#fill("HTTPS_FRONTEND_ACL_ONLY_WITH_PATH", acl, name));
    this.#writeHttps(name, acl);
  }

  /** The path once, a condition for each name under one ACL, and one rule for all. */
  #writeSeveral(names: readonly string[]): void {
    const { path, redirectsToHttps } = this.#service.settings;
    const [first = ""] = names;
    const acl = this.#aclName(first);
    if (path) {
      const auth = this.#hasAuth;
      const text = auth ? "HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH" : "HTTP_FRONTEND_ACL_ONLY_WITH_PATH";
      this.#http += this.#fill(text, acl, first);
      this.#https += this.#fill("HTTPS_FRONTEND_ACL_ONLY_WITH_PATH", acl, first);
    }
    const head = this.#https;
    const isMapped = this.#options.usesMaps && !path && !this.#hasAuth && !redirectsToHttps;
    for (const name of names) {
      this.#groupOf(name).rules.push({ weight: this.#weight, text: head });
      if (isMapped) this.#map("http", name, "MAP_HTTP_FRONTEND_ACL_ONLY");
      else this.#http += this.#fill("HTTP_FRONTEND_ACL_ONLY", acl, name);
      this.#writeHttps(name, acl);
    }
    const route = this.#route();
    if (route) this.#http += this.#fill(route, acl, first);
  }

  #route(): ServiceText | undefined {
    const { path, redirectsToHttps } = this.#service.settings;
    if (redirectsToHttps) {
      return path ? "BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH" : "BACKEND_REDIRECT_HTTP_TO_HTTPS";
    }
    if (path) {
      const auth = this.#hasAuth;
      return auth ? "HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH" : "HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH";
    }
    if (this.#hasAuth) return "HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH";
    return this.#options.usesMaps ? undefined : "HTTP_FRONTEND_ROUTING_ONLY";
  }

  #writeHttps(name: string, acl: string): void {
    const { path } = this.#service.settings;
    const auth = this.#hasAuth;
    if (path) {
      const text = auth ? "HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH" : "HTTPS_FRONTEND_ACL_WITH_PATH";
      this.#addHttps(name, this.#fill(text, acl, name));
    } else if (auth) {
      this.#addHttps(name, this.#fill("HTTPS_FRONTEND_ACL_WITH_AUTH", acl, name));
    } else if (this.#options.usesMaps) {
      this.#map("https", name, "MAP_HTTPS_FRONTEND_ACL");
    } else {
      this.#addHttps(name, this.#fill("HTTPS_FRONTEND_ACL", acl, name));
    }
  }

  /** A name in the map. The rule that asks the map stands once in a frontend, behind all others. */
  #map(side: keyof MapUse, name: string, text: ServiceText): void {
    this.#mapped.push(name);
    if (this.#asksMap[side]) return;
    this.#asksMap = { ...this.#asksMap, [side]: true };
    this.#weight = -1;
    const rule = this.#fill(text, this.#aclName(name), name);
    if (side === "https") this.#addHttps(name, rule);
    else this.#http += rule;
  }

  #addHttps(name: string, text: string): void {
    this.#https += text;
    this.#groupOf(name).rules.push({ weight: this.#weight, text });
  }

  #groupOf(name: string): VhostGroup {
    const known = this.#groups.get(name);
    if (known) return known;
    const { certificate, bindOptions } = this.#service.settings;
    const group: VhostGroup = {
      rules: [],
      certificates: new Set(certificate === undefined ? [] : [certificate]),
      bindOptions: new Set(bindOptions === undefined ? [] : [bindOptions]),
    };
    this.#groups.set(name, group);
    return group;
  }
}
