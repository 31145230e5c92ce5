import dnsPacket, { type Packet } from "dns-packet";
import type { Apex } from "../../src/zone/apex.js";
import { compileZones } from "../../src/zone/compile.js";
import { Snapshot, type SnapshotUpdate } from "../../src/zone/snapshot.js";
import { APEX, SEED, zoneContent } from "./zone.js";

/** A record as `name TTL type data`, as dns-packet reads it. */
export function lineOf({
  name,
  ttl,
  type,
  data,
}: {
  name: string;
  ttl?: number;
  type: string;
  data?: unknown;
}): string {
  return `${name} ${ttl} ${type} ${typeof data === "string" ? data : JSON.stringify(data)}`;
}

/** The messages of a stream, each with its length in front, read by dns-packet. */
export function messagesIn(stream: Uint8Array): readonly Packet[] {
  const octets = Buffer.from(stream);
  const messages: Packet[] = [];
  for (let at = 0; at < octets.length; at += 2 + octets.readUInt16BE(at)) {
    messages.push(dnsPacket.decode(octets.subarray(at + 2, at + 2 + octets.readUInt16BE(at))));
  }
  return messages;
}

/** All records of the answer sections. */
export function recordsIn(messages: readonly Packet[]): string[] {
  return messages.flatMap(({ answers = [] }) =>
    answers.map((answer) => lineOf(answer as Parameters<typeof lineOf>[0])),
  );
}

/** Zones whose records a test sets, version by version. */
export class ChangingZone {
  readonly #apex: Apex;
  #shards: readonly SharedArrayBuffer[] | undefined;
  #generation = 0;

  constructor(apex: Apex = APEX) {
    this.#apex = apex;
  }

  /** The update to the next version, which has these records and this serial. @param facts of the zone that have changed */
  next(lines: readonly string[], serial: number, facts: Partial<Apex> = {}): SnapshotUpdate {
    const compiled = compileZones([zoneContent(lines, this.#apex)], { previous: this.#shards });
    this.#shards = compiled.shards;
    this.#generation++;
    const { soa } = { ...this.#apex, ...facts };
    const apex = { ...this.#apex, ...facts, soa: { ...soa, serial } };
    const shards = compiled.changed.map((index) => [index, compiled.shards[index]] as const);
    return { generation: this.#generation, seed: SEED, apexes: [apex], ready: true, shards };
  }
}

/** Before the first version. */
export function emptySnapshot(apex: Apex = APEX): Snapshot {
  return Snapshot.empty([apex]);
}
