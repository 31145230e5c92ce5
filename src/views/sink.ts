import type { Address } from "../base/addresses.js";
import type { PreparedSet } from "../wire/prepared.js";

/**
 * Takes the records of a zone, one at a time. Names are lower case, without the final dot, and valid (`isDnsName`).
 * A record on standby, such as that of an unhealthy task, is published only if its name has no other records.
 */
export interface RecordSink {
  /** An A or AAAA record, depending on the address's family. */
  address(name: string, address: Address, standby?: boolean): void;
  /** An SRV record. The zone determines its priority and weight. */
  service(name: string, target: string, port: number, standby?: boolean): void;
  /** A PTR record. */
  pointer(name: string, target: string): void;
  /** A TXT record with a single ASCII character, such as the version of a catalogue zone. */
  character(name: string, character: string): void;
}

/** Takes everything that can be in a zone. */
export interface ZoneSink extends RecordSink {
  /**
   * A whole RRset that the operator has written: at most one of a type for a name. It replaces the other records of its name and
   * type, a CNAME those of its name. NS below the apex delegate the name.
   */
  prepared(name: string, set: PreparedSet): void;
}

/** Takes claims to addresses. A name may be "" if the owner has none: the address still belongs to it. */
export interface ClaimSink {
  agent(address: Address, name: string): void;
  /** @param address the container's own, as the task reports it */
  task(address: Address, agentId: string, name: string): void;
  master(address: Address, name: string): void;
}

/** The sinks for everything that a view emits. */
export interface Sinks {
  /** The sink for records of the zone with this name (`ZoneSpec`); `undefined` if no view has such a zone. */
  zone(name: string): ZoneSink | undefined;
  /** The sink for claims to addresses. */
  readonly claims: ClaimSink;
}

const nothing = () => undefined;

/** Ignores all claims. */
export const NO_CLAIMS: ClaimSink = { agent: nothing, task: nothing, master: nothing };

/** Passes each record on to all of these sinks. */
export function all(sinks: readonly ZoneSink[]): ZoneSink {
  if (sinks.length === 1) return sinks[0];
  return {
    address: (name, address, standby) => {
      for (const sink of sinks) sink.address(name, address, standby);
    },
    service: (name, target, port, standby) => {
      for (const sink of sinks) sink.service(name, target, port, standby);
    },
    pointer: (name, target) => {
      for (const sink of sinks) sink.pointer(name, target);
    },
    character: (name, character) => {
      for (const sink of sinks) sink.character(name, character);
    },
    prepared: (name, set) => {
      for (const sink of sinks) sink.prepared(name, set);
    },
  };
}

/** Passes each record on as one on standby. */
export function onStandby(sink: RecordSink): RecordSink {
  return {
    address: (name, address) => sink.address(name, address, true),
    service: (name, target, port) => sink.service(name, target, port, true),
    pointer: (name, target) => sink.pointer(name, target),
    character: (name, character) => sink.character(name, character),
  };
}
