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
  readonly #good: LastGood<BridgeSection, BridgeSection>;
  #last: readonly BridgeSection[] = [];

  /** @param good sections as they were last, in the program before this one */
  constructor(good: readonly BridgeSection[]) {
    this.#good = new LastGood(TRAITS, good);
  }

  get good(): readonly BridgeSection[] {
    return [...this.#good.known.values()];
  }

  make(tasks: string): Made {
    const refused: Refused[] = [];
    this.#last = this.#good.chosen(distinct(bridgeSections(tasks), refused), refused);
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
    return this.#good.settledFirst(this.#last);
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

/** HAProxy refuses two sections of one name. Marathon writes `_` for each `/`, so that two apps may have the same. */
function distinct(sections: readonly BridgeSection[], refused: Refused[]): readonly BridgeSection[] {
  const keys = new Set<string>();
  return sections.filter((section) => {
    const key = TRAITS.keyOf(section);
    const isFirst = !keys.has(key);
    keys.add(key);
    const reason = `another app has its name and its port ${section.port}`;
    if (!isFirst) refused.push({ appId: section.name, index: undefined, reason, isKept: false });
    return isFirst;
  });
}
