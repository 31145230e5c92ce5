import { basename } from "node:path";
import { portKey } from "../haproxy/claims.js";
import { LastGood, type Refused } from "../last-good.js";
import { oddWord } from "../marathon-lb/odd-words.js";
import { backendName, type MarathonLbOptions, renderMarathonLb } from "../marathon-lb/render.js";
import { serverName } from "../marathon-lb/server-name.js";
import type { Templates } from "../marathon-lb/templates.js";
import type { LbPaths } from "../options.js";
import type { LbServiceStatus } from "../report.js";
import { isWanted } from "../selection.js";
import { SERVICE_TRAITS, type ServiceNow } from "../service-traits.js";
import type { Notice, Service, Services } from "../services.js";
import type { FileFormat, Made } from "./format.js";
import { EITHER, sharedAmong } from "./shared.js";

const { keyOf } = SERVICE_TRAITS;

export interface MarathonLbFileOptions {
  readonly templates: Templates;
  readonly render: MarathonLbOptions;
  readonly maps: LbPaths["maps"];
  /** Whether services may write what they like: else what is no word is refused. */
  readonly allowsTemplates: boolean;
}

/** What marathon-lb writes. A service that breaks it goes on as it was, with its servers of now. */
export class MarathonLbFiles implements FileFormat<Services> {
  readonly #options: MarathonLbFileOptions;
  readonly #good: LastGood<ServiceNow, Service>;
  #last: readonly Service[] = [];

  /** @param good services as they were last, in the program before this one */
  constructor(options: MarathonLbFileOptions, good: readonly Service[]) {
    this.#options = options;
    this.#good = new LastGood(SERVICE_TRAITS, good);
  }

  get good(): readonly Service[] {
    return [...this.#good.known.values()];
  }

  make({ services, unreadable, notices }: Services): Made {
    const refused: Refused[] = [];
    const kept = unreadable.flatMap((service) => this.#good.before(service, service.reason, refused));
    const { allowsTemplates } = this.#options;
    const sound = allowsTemplates
      ? services
      : services.flatMap((service) => this.#good.orBefore(service, oddWord(service), refused));
    this.#last = this.#good.chosen([...sound, ...kept], refused);
    let made = this.#render(this.#last);
    if (made.refused.length > 0) {
      const reasons = new Map(made.refused.map(({ service, text }) => [keyOf(service), text]));
      this.#last = this.#last.flatMap((service) => this.#good.orBefore(service, reasons.get(keyOf(service)), refused));
      made = this.#render(this.#last);
    }
    const { maps, render } = this.#options;
    const wanted = this.#last.filter((service) => isWanted(service, render.groups));
    const files: readonly (readonly [string, string])[] = render.usesMaps
      ? [
          [basename(maps.hosts), made.maps.domains],
          [basename(maps.apps), made.maps.apps],
        ]
      : [];
    return {
      content: { text: made.text, maps: new Map(files) },
      carried: { services: wanted.map(statusOf), refused, conflicts: conflictsOf(wanted), notices },
    };
  }

  get apps(): readonly string[] {
    return this.#good.settledFirst(this.#last);
  }

  only(apps: ReadonlySet<string>): string {
    return this.#render(this.#last.filter(({ appId }) => apps.has(appId))).text;
  }

  refuse(reasons: ReadonlyMap<string, string>): void {
    this.#good.refuse(reasons, this.#last);
  }

  accept(): boolean {
    return this.#good.accept(this.#last);
  }

  tryAgain(): void {
    this.#good.tryAgain();
  }

  #render(services: readonly Service[]) {
    return renderMarathonLb(services, this.#options.templates, this.#options.render);
  }
}

function statusOf(service: Service): LbServiceStatus {
  return {
    backend: backendName(service),
    app: service.appId,
    hosts: service.settings.hostname?.split(",") ?? [],
    servers: service.servers.map((server) => ({
      name: serverName(server),
      task: server.taskId,
      state: server.isDraining ? "maintenance" : "configured",
    })),
  };
}

function conflictsOf(services: readonly Service[]): readonly Notice[] {
  const ports = services.map(({ appId, port, settings }) => ({ appId, key: portKey(port, settings.bindAddress) }));
  const hosts = services.flatMap(({ appId, settings: { hostname, path = "", weight } }) =>
    (hostname?.split(",") ?? []).map((host) => ({ appId, key: `host ${host}${path} with weight ${weight}` })),
  );
  return [...sharedAmong(ports, EITHER), ...sharedAmong(hosts, "the first of them gets every request")];
}
