import { octetsOf, parseAddress } from "../../base/addresses.js";
import type { ZoneConfig } from "../../config/config.js";
import { DCOS_ZONE, VIP_ALIASES, VIP_ZONE, vipZones } from "../../config/dcos-zone.js";
import { isInZone } from "../../config/names.js";
import type { VipNames } from "../../vips/table.js";
import { PICK, type PreparedSet, prepare } from "../../wire/prepared.js";
import { TYPE } from "../../wire/protocol.js";
import { zoneAt } from "../configured-zone.js";
import { reverseName } from "../reverse/reverse-names.js";
import { pointersIn, zonesOfPointers } from "../reverse/view.js";
import type { Sinks } from "../sink.js";
import type { View } from "../view.js";
import type { ZoneSpec } from "../zone-spec.js";

/** A name that does not exist may exist a second later: it has been unknown since the last task of a service ended. */
const NEGATIVE_TTL = 1;

/** The names of virtual addresses, if configured (`vips.names`). */
export function vipView(config: ZoneConfig): View | undefined {
  if (!config.vips.names) return undefined;
  const records = new VipRecords(config);
  return {
    zones: vipZones(config.dcosNames).map((name) => vipZone(name, config)),
    emitter: (facts) => {
      records.next = facts.input.vips;
      return {};
    },
    publish: (removed, added) => records.publish(removed, added),
  };
}

function vipZone(name: string, config: ZoneConfig): ZoneSpec {
  const zone = zoneAt(name, config);
  return { ...zone, ttl: config.vips.ttl, soa: { ...zone.soa, minimum: NEGATIVE_TTL } };
}

/** The address of one name in one family. */
interface Entry {
  readonly name: string;
  readonly address: string;
}

class VipRecords {
  next: VipNames | undefined;
  readonly #config: ZoneConfig;
  readonly #pointerZones: readonly string[];
  #published: VipNames = new Map();

  constructor(config: ZoneConfig) {
    this.#config = config;
    this.#pointerZones = zonesOfPointers(config);
  }

  /** Emits the names that are not as they were. */
  publish(removed: Sinks, added: Sinks): void {
    const { next } = this;
    if (!next || next === this.#published) return;
    const [before, after] = [entriesOf(this.#published), entriesOf(next)];
    for (const [key, entry] of before) if (after.get(key)?.address !== entry.address) this.#emit(entry, removed);
    for (const [key, entry] of after) if (before.get(key)?.address !== entry.address) this.#emit(entry, added);
    this.#published = next;
  }

  #emit({ name, address }: Entry, sinks: Sinks): void {
    const { vips, dcosNames, reverse } = this.#config;
    const parsed = parseAddress(address);
    if (!parsed) return;
    const set = prepare(parsed.family === 4 ? TYPE.A : TYPE.AAAA, [{ rdata: octetsOf(parsed), weight: 0 }], {
      ttl: vips.ttl,
      pick: PICK.ALL,
    });
    for (const zone of [VIP_ZONE, ...VIP_ALIASES]) this.#add(zone, name, { set, sinks, dcosNames });
    if (reverse) pointersIn(sinks, this.#pointerZones).pointer(reverseName(parsed), `${name}.${VIP_ZONE}`);
  }

  #add(
    zone: string,
    name: string,
    { set, sinks, dcosNames }: { set: PreparedSet; sinks: Sinks; dcosNames: boolean },
  ): void {
    const home = dcosNames && isInZone(zone, DCOS_ZONE) ? DCOS_ZONE : zone;
    sinks.zone(home)?.prepared(`${name}.${zone}`, set);
  }
}

function entriesOf(names: VipNames): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, { ipv4, ipv6 }] of names) {
    if (ipv4 !== undefined) entries.set(`${name} 4`, { name, address: ipv4 });
    if (ipv6 !== undefined) entries.set(`${name} 6`, { name, address: ipv6 });
  }
  return entries;
}
