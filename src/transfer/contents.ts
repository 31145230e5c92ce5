import type { ApexRecords } from "../zone/apex.js";
import { firstEntry, rrsetCount, rrsetWord, type Snapshot, zoneOf } from "../zone/snapshot.js";
import { WireRecord } from "../zone/wire-records.js";
import { type Difference, recordEnd } from "./journal.js";
import type { TransferMessage } from "./message.js";

/** The records of a response, in their order. They are put into one message after the other. */
export interface Contents {
  /** Puts as many of the next records into the message as fit. Returns whether these were the last. */
  fill(message: TransferMessage): boolean;
}

/** A zone's SOA record in wire form. */
export function soaOf({ name, soa }: ApexRecords): Uint8Array {
  const record = new Uint8Array(name.length + soa.length);
  record.set(name);
  record.set(soa, name.length);
  return record;
}

/** All these contents, one after the other. */
export function inOrder(parts: readonly Contents[]): Contents {
  let next = 0;
  return {
    fill: (message) => {
      while (next < parts.length && parts[next].fill(message)) next++;
      return next === parts.length;
    },
  };
}

/** Records in wire form that stand one after the other. */
export function recordsOf(octets: Uint8Array): Contents {
  let at = 0;
  return {
    fill: (message) => {
      while (at < octets.length) {
        const end = recordEnd(octets, at);
        if (message.isFull || !message.add(octets, at, end - at)) return false;
        at = end;
      }
      return true;
    },
  };
}

/** A whole zone, its SOA first and last (RFC 5936 §2.2). */
export function wholeZone(snapshot: Snapshot, zone: number): Contents {
  const soa = soaOf(snapshot.zones[zone]);
  return inOrder([recordsOf(soa), new ZoneWalk(snapshot, zone), recordsOf(soa)]);
}

/** The difference from one version to the current one (RFC 1995 §4). @param old SOA record of the version before */
export function changesOf(zone: ApexRecords, old: Uint8Array, { deleted, added }: Difference): Contents {
  const soa = soaOf(zone);
  return inOrder([soa, old, deleted, soa, added, soa].map(recordsOf));
}

/** All records of a zone but its SOA, in the order of the snapshot. */
class ZoneWalk implements Contents {
  readonly #snapshot: Snapshot;
  readonly #zone: number;
  readonly #ttl: number;
  readonly #record = new WireRecord();
  #shard = -1;
  /** Entries of the shard from `#entry` on. */
  #left = 0;
  #entry = 0;
  #set = 0;
  #next = 0;
  /** Whether `#record` holds a record that did not fit into the last message. */
  #isWaiting = false;

  constructor(snapshot: Snapshot, zone: number) {
    this.#snapshot = snapshot;
    this.#zone = zone;
    this.#ttl = snapshot.zones[zone].ttl;
  }

  fill(message: TransferMessage): boolean {
    const record = this.#record;
    while (this.#isWaiting || this.#advance()) {
      this.#isWaiting = message.isFull || !message.add(record.octets, 0, record.length);
      if (this.#isWaiting) return false;
    }
    return true;
  }

  /** Reads the next record. Returns false behind the last one. */
  #advance(): boolean {
    const { shards } = this.#snapshot;
    for (;;) {
      if (this.#left === 0) {
        if (++this.#shard >= shards.length) return false;
        const { words } = shards[this.#shard];
        this.#left = words[0];
        this.#entry = firstEntry(words);
        this.#set = 0;
        this.#next = 0;
        continue;
      }
      const shard = shards[this.#shard];
      const { words } = shard;
      const isMine = zoneOf(words, this.#entry) === this.#zone;
      if (!isMine || this.#set === rrsetCount(words, this.#entry)) {
        this.#entry += words[this.#entry + 1];
        this.#left--;
        this.#set = 0;
        this.#next = 0;
        continue;
      }
      const rrset = rrsetWord(this.#entry, this.#set);
      if (this.#next === words[rrset + 1]) {
        this.#set++;
        this.#next = 0;
        continue;
      }
      this.#record.read(shard, this.#entry, rrset, this.#next++, this.#ttl);
      return true;
    }
  }
}
