import type { ZoneConfig } from "../../config/config.js";
import type { StaticRecord } from "../../config/static-record.js";
import { type PreparedSet, prepare } from "../../wire/prepared.js";
import { TYPE } from "../../wire/protocol.js";
import { zoneAt } from "../configured-zone.js";
import type { ClusterFacts } from "../facts.js";
import type { Sinks } from "../sink.js";
import type { View } from "../view.js";
import { candidatesOf } from "./candidates.js";
import { rdataOf } from "./rdata.js";

/** A prepared set in a zone. */
interface Emitted {
  readonly record: StaticRecord;
  readonly set: PreparedSet;
  readonly failedOpen: boolean;
}

/** The operator's own records, in `domain` and in zones of their own (`staticZones`). They do not depend on the cluster. */
export function staticView(config: ZoneConfig): View {
  const records = new StaticRecords();
  return {
    zones: config.staticZones.map((name) => zoneAt(name, config)),
    emitter: (facts) => {
      records.facts = facts;
      return {};
    },
    publish: (removed, added) => records.publish(removed, added),
    failedOpen: () => records.failedOpen,
  };
}

class StaticRecords {
  /** The facts to publish next. */
  facts: ClusterFacts | undefined;
  #published: ClusterFacts | undefined;
  /** By name and type. */
  #emitted: ReadonlyMap<string, Emitted> = new Map();

  get failedOpen(): readonly string[] {
    return Array.from(this.#emitted.values())
      .filter((each) => each.failedOpen)
      .map(({ record }) => `${record.name} ${record.type}`);
  }

  /** Emits the sets that are not as they were emitted before. */
  publish(removed: Sinks, added: Sinks): void {
    const { facts } = this;
    if (!facts || (this.#published && isSame(facts, this.#published))) return;
    const before = this.#emitted;
    const after = new Map(facts.input.records.map((record) => [keyOf(record), emittedOf(record, facts)]));
    for (const [key, { record, set }] of before)
      if (!isEqual(after.get(key), set)) removed.zone(record.zone)?.prepared(record.name, set);
    for (const [key, { record, set }] of after)
      if (!isEqual(before.get(key), set)) added.zone(record.zone)?.prepared(record.name, set);
    this.#emitted = after;
    this.#published = facts;
  }
}

function isSame({ input, health }: ClusterFacts, before: ClusterFacts): boolean {
  return input.records === before.input.records && health === before.health;
}

function keyOf({ name, type }: StaticRecord): string {
  return `${type} ${name}`;
}

function emittedOf(record: StaticRecord, { health }: ClusterFacts): Emitted {
  const { type, ttl, policy } = record;
  const { values, pick, failedOpen } = candidatesOf(
    policy,
    record.values,
    ({ healthCheck, value }) => healthCheck === undefined || health.isHealthy(healthCheck, value),
  );
  const prepared = values.map(({ value, weight }) => ({ rdata: rdataOf(type, value), weight }));
  return { record, set: prepare(TYPE[type], prepared, { ttl, pick }), failedOpen };
}

function isEqual(emitted: Emitted | undefined, { words }: PreparedSet): boolean {
  return emitted !== undefined && Buffer.compare(octets(emitted.set.words), octets(words)) === 0;
}

function octets(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
