import { FindingLog } from "../base/finding-log.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import { VIP_ZONE } from "../config/dcos-zone.js";
import type { VipSettings } from "../config/vips.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import type { VipSkipReason } from "./label.js";
import type { VipPiece } from "./piece.js";
import { numberOf, type VipCounts, type VipNames, VipTable } from "./table.js";
import { vipText } from "./text.js";

/** Characters of a label. */
const MAX_SHOWN = 100;
const SKIPPED = "a label leads to no virtual address";
const WHY: Readonly<Record<VipSkipReason, string>> = {
  value: "its value ends in a colon and a port from 1 to 65535, such as /redis:6379",
  name: "nothing is left of it, or of its framework's name, for a name, or that is too long",
  port_index: "the task has no port with this number",
  address: "the task has no address, and no port of its agent leads to it",
};
const WITHOUT = "no address is left for the name of a virtual address";
const COLLISION = "two names of virtual addresses lead to one address, and the later one has got another";

export interface VipPublisherOptions {
  readonly send: (piece: VipPiece) => void;
  readonly timers: Timers;
  readonly log: Pick<Logger, "warn">;
  /** Called when services have to go that have been without targets for long enough. */
  readonly onExpired: () => void;
}

/** Keeps the table of virtual addresses while it is wanted, and sends what has changed. */
export class VipPublisher {
  readonly #options: VipPublisherOptions;
  #settings: VipSettings | undefined;
  #table: VipTable | undefined;
  /** What has not been sent yet: keys of services. */
  readonly #touched = new Set<string>();
  #isFirst = true;
  readonly #skipped: FindingLog<VipTable["skipped"][number]>;
  readonly #collisions: FindingLog<VipCounts["collisions"][number]>;
  readonly #without: FindingLog<string>;
  #cancel: () => void = () => undefined;

  constructor(options: VipPublisherOptions) {
    this.#options = options;
    this.#skipped = new FindingLog(options.log, SKIPPED, ({ task, label, reason }) => {
      return { fields: { task, label: label.slice(0, MAX_SHOWN), reason }, text: `${SKIPPED}: ${WHY[reason]}` };
    });
    this.#without = new FindingLog(options.log, WITHOUT, (name) => {
      return {
        fields: { name },
        text: `${WITHOUT}: it is not served; vips.ipv4Range and vips.ipv6Range can be larger`,
      };
    });
    this.#collisions = new FindingLog(options.log, COLLISION, ([name, holder]) => {
      return { fields: { name, holder }, text: COLLISION };
    });
  }

  /** Turns it on or off. Other settings begin a new table. */
  configure({ names, ttl, ipv4Range, ipv6Range, addresses, failOpen, lingerSeconds }: VipSettings): void {
    const settings = { names, ttl, ipv4Range, ipv6Range, addresses, failOpen, lingerSeconds };
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    this.stop();
    this.#table = settings.names ? new VipTable(optionsOf(settings)) : undefined;
    this.#isFirst = true;
    this.#touched.clear();
  }

  /** Changes the table to this cluster. @returns the names that there are now; `undefined` if it is off */
  follow(cluster: Cluster, addressesOf: (host: string) => readonly string[]): VipNames | undefined {
    const table = this.#table;
    if (!table) return undefined;
    for (const key of table.update(cluster, addressesOf, this.#options.timers.now())) this.#touched.add(key);
    return table.names;
  }

  /** Sends what has changed since the last call. */
  publish(): void {
    const table = this.#table;
    if (!table) return;
    this.#waitForEnd(table);
    if (this.#touched.size === 0 && !this.#isFirst) return;
    const keys = this.#isFirst ? table.keys : [...this.#touched];
    const found = keys.map((key) => [key, table.service(key)] as const);
    const { counts } = table;
    this.#options.send({
      isFirst: this.#isFirst,
      services: found.flatMap(([key, service]) => (service ? [[key, vipText(service, VIP_ZONE)] as const] : [])),
      gone: found.flatMap(([key, service]) => (service ? [] : [key])),
      counts,
    });
    this.#isFirst = false;
    this.#touched.clear();
    this.#tell(table.skipped, counts);
  }

  stop(): void {
    this.#cancel();
  }

  #waitForEnd({ nextEnd }: VipTable): void {
    this.#cancel();
    if (nextEnd === undefined) return;
    const { timers, onExpired } = this.#options;
    this.#cancel = timers.after(Math.max(0, nextEnd - timers.now()), onExpired);
  }

  /** Logs labels that name no virtual address, and names that have had to give way or have no address: each once, as long as it stays so. */
  #tell(skipped: VipTable["skipped"], { collisions, without }: VipCounts): void {
    this.#skipped.note(new Map(skipped.map((each) => [`${each.task} ${each.label}`, each])));
    this.#without.note(new Map(without.map((each) => [each, each])));
    this.#collisions.note(new Map(collisions.map((each) => [each.join(" "), each])));
  }
}

function optionsOf({ ipv4Range, ipv6Range, addresses, failOpen, lingerSeconds }: VipSettings) {
  const rangeOf = ({ first, last }: VipSettings["ipv4Range"]) => ({ first: numberOf(first), last: numberOf(last) });
  const ranges = { ipv4: rangeOf(ipv4Range), ipv6: rangeOf(ipv6Range) };
  const pinned = Object.fromEntries(addresses.map(({ name, address }) => [name, address]));
  return { zone: VIP_ZONE, ...ranges, addresses: pinned, failOpen, lingerMs: lingerSeconds * 1_000 };
}
