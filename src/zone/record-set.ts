import type { Address } from "../records/addresses.js";
import type { RecordSink } from "../records/generate.js";

export interface Service {
  readonly target: string;
  readonly port: number;
}

/** What one name has. Duplicates may occur here; compiling drops them. */
export interface NameRecords {
  a?: Address[];
  aaaa?: Address[];
  srv?: Service[];
}

/** The records of one zone by name, as the generator emits them, with every empty non-terminal (RFC 8020). */
export class RecordSet implements RecordSink {
  readonly names = new Map<string, NameRecords>();
  readonly #apex: string;

  constructor(apex: string) {
    this.#apex = apex;
    this.names.set(apex, {});
  }

  address(name: string, address: Address): void {
    const records = this.#at(name);
    if (address.family === 4) {
      if (records.a) records.a.push(address);
      else records.a = [address];
    } else if (records.aaaa) records.aaaa.push(address);
    else records.aaaa = [address];
  }

  service(name: string, target: string, port: number): void {
    const records = this.#at(name);
    const service = { target, port };
    if (records.srv) records.srv.push(service);
    else records.srv = [service];
  }

  #at(name: string): NameRecords {
    const known = this.names.get(name);
    if (known) return known;
    const records: NameRecords = {};
    this.names.set(name, records);
    this.#addAncestors(name);
    return records;
  }

  /** Every name between this one and the apex exists (RFC 4592 §2.2.2). */
  #addAncestors(name: string): void {
    let parent = name;
    while (parent !== this.#apex) {
      parent = parent.slice(parent.indexOf(".") + 1);
      if (this.names.has(parent)) return;
      this.names.set(parent, {});
    }
  }
}
