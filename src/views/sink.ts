import type { Address } from "../base/addresses.js";

/**
 * Takes the records of a zone, one at a time. Names are lower case, without the final dot, and valid (`isDnsName`).
 * A record on standby, such as an unhealthy task's, is published only where its name has no others.
 */
export interface RecordSink {
  /** An A or AAAA record, after the address's family. */
  address(name: string, address: Address, standby?: boolean): void;
  /** An SRV record; priority and weight are the zone's. */
  service(name: string, target: string, port: number, standby?: boolean): void;
  /** A PTR record. */
  pointer(name: string, target: string): void;
}

/** Takes claims of owners to addresses. Names may be "" where the owner has none: the address is still nobody else's. */
export interface ClaimSink {
  agent(address: Address, name: string): void;
  /** @param address the container's own, as the task reports it */
  task(address: Address, agentId: string, name: string): void;
  master(address: Address, name: string): void;
}

/** Where all goes that a view emits. */
export interface Sinks {
  /** Takes records of the zone with this name (`ZoneSpec`); nothing where no view has such a zone. */
  zone(name: string): RecordSink | undefined;
  /** Whose addresses are. */
  readonly claims: ClaimSink;
}

const nothing = () => undefined;

/** Takes claims that nobody wants to know of. */
export const NO_CLAIMS: ClaimSink = { agent: nothing, task: nothing, master: nothing };

/** Takes records for each of these. */
export function all(sinks: readonly RecordSink[]): RecordSink {
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
  };
}

/** Takes records as those on standby. */
export function onStandby(sink: RecordSink): RecordSink {
  return {
    address: (name, address) => sink.address(name, address, true),
    service: (name, target, port) => sink.service(name, target, port, true),
    pointer: (name, target) => sink.pointer(name, target),
  };
}
