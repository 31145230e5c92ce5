import type { ZoneConfig } from "../../config/config.js";
import { type ConsulSettings, consulZones } from "../../config/consul.js";
import type { ConsulInstance, ConsulNode } from "../../consul/registry/model.js";
import type { ConsulNames } from "../../consul/registry/names.js";
import type { Sinks, ZoneSink } from "../sink.js";
import type { View } from "../view.js";
import type { ZoneSpec } from "../zone-spec.js";
import { ConsulRecords, nameServerIn } from "./records.js";

/** What Consul puts into every SRV record, and into its SOA. */
const PRIORITY = 1;
const WEIGHT = 1;
const SOA = { refresh: 3_600, retry: 600, expire: 86_400, minimum: 0 };
/** `service`, `node` and `addr` in the zone and in the datacenter. What is below, and no service, is a part of a tag. */
const KIND_LABELS = 2;

/** Consul's names of the cluster, if configured (`consul.enabled`), in `consul.domain` and `consul.altDomain`. */
export function consulView({ consul }: Pick<ZoneConfig, "consul">): View | undefined {
  const zones = consulZones(consul);
  if (zones.length === 0) return undefined;
  const names = new PublishedNames(zones, consul);
  return {
    zones: zones.map((zone) => consulZone(zone, consul)),
    emitter: (facts) => {
      names.next = facts.input.consul;
      return {};
    },
    publish: (removed, added) => names.publish(removed, added),
  };
}

function consulZone(name: string, { ttl, udpAnswerLimit, enableTruncate }: ConsulSettings): ZoneSpec {
  return {
    name,
    ttl,
    srvPriority: PRIORITY,
    srvWeight: WEIGHT,
    nameServers: [nameServerIn(name)],
    soa: { mname: nameServerIn(name), rname: `hostmaster.${name}`, ...SOA },
    answers: {
      plainUdpLimit: udpAnswerLimit,
      cutsSilently: !enableTruncate,
      anyOmitsSrv: true,
      emptyNameLabels: KIND_LABELS,
    },
  };
}

/** What has been emitted, so that the same can be taken back when it has changed. */
class PublishedNames {
  /** What is to be emitted next. */
  next: ConsulNames | undefined;
  readonly #zones: readonly { readonly zone: string; readonly records: ConsulRecords }[];
  #published: ConsulNames | undefined;
  /** The instances that have names, by service, and the nodes. */
  readonly #instances = new Map<string, readonly ConsulInstance[]>();
  readonly #nodes = new Map<string, ConsulNode>();

  constructor(zones: readonly string[], settings: ConsulSettings) {
    this.#zones = zones.map((zone) => ({ zone, records: new ConsulRecords(zone, settings) }));
  }

  /** Emits what is not as it was emitted before. */
  publish(removed: Sinks, added: Sinks): void {
    const [before, after] = [this.#published, this.next];
    if (!after || after === before) return;
    const changes = before && after.changesSince(before);
    if (before && !changes) this.#withdraw(before, removed);
    const services = changes ? changes.services.map(({ key }) => key) : Array.from(after.services(), ([key]) => key);
    const nodes = changes ? changes.nodes : Array.from(after.nodes(), ({ name }) => name);
    for (const key of services) this.#service(key, after, removed, added);
    for (const name of nodes) this.#node(name, after.node(name), removed, added);
    this.#published = after;
  }

  #service(key: string, names: ConsulNames, removed: Sinks, added: Sinks): void {
    const before = this.#instances.get(key) ?? [];
    // Names lead to nobody whose check fails, not even where there is nobody else: Consul's clients count on that.
    const after = [...names.instancesOf(key)].filter((instance) => !names.isCritical(instance));
    const [was, is] = [new Set(before), new Set(after)];
    for (const each of before)
      if (!is.has(each)) this.#emit(removed, (records, sink) => records.instance(each, names, sink));
    for (const each of after)
      if (!was.has(each)) this.#emit(added, (records, sink) => records.instance(each, names, sink));
    if (after.length > 0) this.#instances.set(key, after);
    else this.#instances.delete(key);
  }

  #node(name: string, after: ConsulNode | undefined, removed: Sinks, added: Sinks): void {
    const before = this.#nodes.get(name);
    if (before === after) return;
    if (before) this.#emit(removed, (records, sink) => records.node(before, sink));
    if (after) this.#emit(added, (records, sink) => records.node(after, sink));
    if (after) this.#nodes.set(name, after);
    else this.#nodes.delete(name);
  }

  /** Takes back all that was emitted, as it was then. */
  #withdraw(names: ConsulNames, removed: Sinks): void {
    for (const each of [...this.#instances.values()].flat()) {
      this.#emit(removed, (records, sink) => records.instance(each, names, sink));
    }
    for (const node of this.#nodes.values()) this.#emit(removed, (records, sink) => records.node(node, sink));
    this.#instances.clear();
    this.#nodes.clear();
  }

  #emit(sinks: Sinks, emit: (records: ConsulRecords, sink: ZoneSink) => void): void {
    for (const { zone, records } of this.#zones) emit(records, sinks.zone(zone) as ZoneSink);
  }
}
