import { messageOf } from "../../base/errors.js";
import { isWanted, sorted } from "../selection.js";
import type { Notice, Service } from "../services.js";
import { backendText } from "./backend.js";
import { cleanedUp } from "./server-name.js";
import type { Templates } from "./templates.js";
import { type MapUse, type VhostGroup, type VhostRules, vhostRules, type WeightedText } from "./vhost-rules.js";

export interface MarathonLbOptions {
  readonly groups: ReadonlySet<string>;
  /** The folder of the configuration, where its maps are. */
  readonly folder: string;
  readonly usesMaps: boolean;
  readonly bindsHttp: boolean;
  /** Whether each name has a frontend for TLS, with its own certificates. */
  readonly groupsHttps: boolean;
  readonly certificates: readonly string[];
}

export interface MarathonLbConfig {
  readonly text: string;
  /** Lines of `domain2backend.map` and `app2backend.map`. */
  readonly maps: { readonly domains: string; readonly apps: string };
  /** Services that were left out because a template cannot be filled in, and why. */
  readonly refused: readonly (Notice & { readonly service: Service })[];
}

/**
 * haproxy.cfg as marathon-lb writes it, octet for octet. A service whose own templates are none is left out, and named.
 * Throws MesosDnsError LB_TEMPLATE if a template for all is none.
 */
export function renderMarathonLb(
  services: readonly Service[],
  templates: Templates,
  options: MarathonLbOptions,
): MarathonLbConfig {
  const writer = new ConfigWriter(templates, options);
  for (const service of sorted(services)) if (isWanted(service, options.groups)) writer.add(service, services);
  return writer.end();
}

/** Also that of the frontend at the service's own port. */
export function backendName({ appId, port }: Pick<Service, "appId" | "port">): string {
  return `${appId.slice(1).replaceAll("/", "_")}_${port}`;
}

/** The texts of one service. */
interface Parts {
  readonly userlist: string;
  readonly frontend: string;
  readonly backend: string;
  readonly rules: VhostRules | undefined;
  readonly appRule: string;
}

class ConfigWriter {
  readonly #templates: Templates;
  readonly #options: MarathonLbOptions;
  readonly #head: string;
  #userlists = "";
  #frontends = "";
  #backends = "";
  #appRules = "";
  readonly #http: WeightedText[] = [];
  readonly #https: WeightedText[] = [];
  readonly #groups = new Map<string, VhostGroup>();
  #asksMap: MapUse = { http: false, https: false };
  readonly #apps = new Set<string>();
  readonly #domainLines = new Set<string>();
  readonly #appLines = new Set<string>();
  readonly #refused: (Notice & { readonly service: Service })[] = [];

  constructor(templates: Templates, options: MarathonLbOptions) {
    this.#templates = templates;
    this.#options = options;
    this.#head = templates.head;
  }

  /** @param all the services of every app, also of those that are not wanted */
  add(service: Service, all: readonly Service[]): void {
    const { appId, mode } = service;
    const backend = backendName(service);
    try {
      this.#take(this.#parts(service, backend, all), backend);
    } catch (error) {
      this.#refused.push({ appId, service, text: messageOf(error) });
      return;
    }
    if (mode !== "http" || this.#apps.has(appId)) return;
    this.#apps.add(appId);
    if (this.#options.usesMaps) this.#appLines.add(`${appId} ${backend}\n`);
  }

  #parts(service: Service, backend: string, all: readonly Service[]): Parts {
    const templates = this.#templates;
    const { appId, port, mode, settings } = service;
    const { auth, bindAddress, certificate, bindOptions } = settings;
    const { usesMaps, folder, bindsHttp } = this.#options;
    const frontendHead = templates.service(service, "FRONTEND_HEAD", {
      bindAddr: bindAddress,
      backend,
      servicePort: port,
      mode,
      sslCert: certificate === undefined ? "" : ` ssl crt ${certificate}`,
      bindOptions: bindOptions === undefined ? "" : ` ${bindOptions}`,
    });
    const ofApp = sorted(all.filter((other) => other.appId === appId));
    return {
      userlist: auth
        ? templates.service(service, "USERLIST_HEAD", { backend, user: auth.user, passwd: auth.password })
        : "",
      frontend: frontendHead + templates.service(service, "FRONTEND_BACKEND_GLUE", { backend }),
      backend: backendText(templates, service, backend, ofApp),
      rules: bindsHttp
        ? vhostRules(templates, service, backend, { usesMaps, folder, asksMap: this.#asksMap })
        : undefined,
      appRule: mode === "http" && !this.#apps.has(appId) ? this.#appRule(service, backend) : "",
    };
  }

  /** By its id, an app is reached at its first service over HTTP. */
  #appRule(service: Service, backend: string): string {
    const { appId, settings } = service;
    if (!this.#options.usesMaps) {
      const values = { cleanedUpAppId: cleanedUp(appId), hostname: settings.hostname, appId, backend };
      return this.#templates.service(service, "HTTP_FRONTEND_APPID_ACL", values);
    }
    if (this.#apps.size > 0) return "";
    const values = { haproxy_dir: this.#options.folder };
    return this.#templates.service(service, "MAP_HTTP_FRONTEND_APPID_ACL", values);
  }

  #take({ userlist, frontend, backend, rules, appRule }: Parts, name: string): void {
    this.#userlists += userlist;
    this.#frontends += frontend;
    this.#backends += backend;
    this.#appRules += appRule;
    if (!rules) return;
    this.#http.push(rules.http);
    this.#https.push(rules.https);
    this.#asksMap = rules.asksMap;
    for (const host of rules.mapped) this.#domainLines.add(`${host} ${name}\n`);
    for (const [host, group] of rules.groups) {
      const known = this.#groups.get(host);
      if (!known) this.#groups.set(host, group);
      known?.rules.push(...group.rules);
      for (const certificate of group.certificates) known?.certificates.add(certificate);
      for (const option of group.bindOptions) known?.bindOptions.add(option);
    }
  }

  end(): MarathonLbConfig {
    const templates = this.#templates;
    const { bindsHttp } = this.#options;
    const http = bindsHttp ? templates.global("HTTP_FRONTEND_HEAD") + byWeight(this.#http) : "";
    const apps = templates.global("HTTP_FRONTEND_APPID_HEAD") + this.#appRules;
    const https = bindsHttp ? this.#httpsPart() : "";
    return {
      text: this.#head + this.#userlists + http + apps + https + this.#frontends + this.#backends,
      maps: { domains: [...this.#domainLines].join(""), apps: [...this.#appLines].join("") },
      refused: this.#refused,
    };
  }

  #httpsPart(): string {
    const templates = this.#templates;
    if (!this.#options.groupsHttps) {
      const sslCerts = listOfCertificates(this.#options.certificates);
      return templates.global("HTTPS_FRONTEND_HEAD", { sslCerts }) + byWeight(this.#https);
    }
    const hosts = [...this.#groups].sort(([a], [b]) => (a < b ? -1 : 1));
    const rules = hosts.map(([host]) =>
      templates.global("HTTPS_GROUPED_VHOST_FRONTEND_ACL", { backend: cleanedUp(host), host }),
    );
    const sections = hosts.map(([host, group]) => this.#groupedSections(cleanedUp(host), group));
    return [templates.global("HTTPS_GROUPED_FRONTEND_HEAD"), ...rules, ...sections].join("");
  }

  #groupedSections(name: string, { rules, certificates, bindOptions }: VhostGroup): string {
    const templates = this.#templates;
    const own = certificates.size > 0 ? [...certificates] : this.#options.certificates;
    const values = {
      name,
      sslCerts: listOfCertificates(own),
      bindOpts: Array.from(bindOptions, (option) => ` ${option}`).join(" "),
    };
    const backend = templates.global("HTTPS_GROUPED_VHOST_BACKEND_HEAD", { name });
    return backend + templates.global("HTTPS_GROUPED_VHOST_FRONTEND_HEAD", values) + byWeight(rules);
  }
}

function listOfCertificates(files: readonly string[]): string {
  return files.map((file) => `crt ${file}`).join(" ");
}

/** Largest weight first; those with the same stay in their order. */
function byWeight(texts: readonly WeightedText[]): string {
  return [...texts]
    .sort((a, b) => b.weight - a.weight)
    .map(({ text }) => text)
    .join("");
}
