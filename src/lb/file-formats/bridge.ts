import { type BridgeSection, bridgeSections, bridgeServers, renderBridge } from "../bridge.js";
import { LastGood, type Refused, type Traits } from "../last-good.js";
import type { FileFormat, Made } from "./format.js";
import { EITHER, sharedAmong } from "./shared.js";

/** It is the servers that may be refused, as they have names: what is kept are those of before. */
const TRAITS: Traits<BridgeSection, BridgeSection> = {
  keyOf: ({ name, port }) => `${name} ${port}`,
  appOf: ({ name }) => name,
  indexOf: () => undefined,
  likenessOf: ({ port, servers }) => [port, ...servers].join(" "),
  renewed: (before) => before,
};

/** What haproxy-marathon-bridge writes, from Marathon's text answer to `GET /v2/tasks`. */
export class BridgeFile implements FileFormat<string> {
  readonly #good = new LastGood<BridgeSection, BridgeSection>(TRAITS, []);
  #last: readonly BridgeSection[] = [];

  make(tasks: string): Made {
    const refused: Refused[] = [];
    this.#last = this.#good.chosen(bridgeSections(tasks), refused);
    const ports = this.#last.map(({ name, port }) => ({ appId: name, key: `port ${Number(port)}` }));
    const services = this.#last.map((section) => ({
      backend: `${section.name}-${section.port}`,
      app: section.name,
      hosts: [],
      servers: bridgeServers(section).map((name, index) => ({
        name,
        task: section.servers[index] ?? "",
        state: "configured",
      })),
    }));
    return {
      content: { text: renderBridge(this.#last), maps: new Map() },
      carried: { services, refused, conflicts: sharedAmong(ports, EITHER), notices: [] },
    };
  }

  get apps(): readonly string[] {
    return [...new Set(this.#last.map(({ name }) => name))];
  }

  only(apps: ReadonlySet<string>): string {
    return renderBridge(this.#last.filter(({ name }) => apps.has(name)));
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
}
