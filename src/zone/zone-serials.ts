import type { ZoneSpec } from "../views/zone-spec.js";
import { type Apex, apexesOf } from "./apex.js";
import { firstSerial, newerOf, serialAfter } from "./serial.js";

/** What a zone had when it was published last. */
interface Published {
  readonly serial: number;
  /** What its SOA and its TTL are made of. */
  readonly facts: string;
}

/** Gives each zone a new serial whenever it has changed. */
export class ZoneSerials {
  readonly #published: Map<string, Published>;
  /** Whether newer versions than these may have been published. */
  #isUncertain: boolean;

  /**
   * @param apexes of the zones that were published last; empty if there are none
   * @param isCertain whether no later version of them can have been published, such as by a process that was killed
   */
  constructor(apexes: readonly Apex[], isCertain: boolean) {
    this.#published = new Map(apexes.map((apex) => [apex.zone, { serial: apex.soa.serial, facts: factsOf(apex) }]));
    this.#isUncertain = !isCertain;
  }

  /**
   * The apexes of the next version of all zones; `undefined` if none has changed.
   *
   * @param hasChanged whether the records of the zone with this index are not those that were published last
   * @param ms milliseconds since the epoch
   */
  next(zones: readonly ZoneSpec[], hasChanged: (index: number) => boolean, ms: number): readonly Apex[] | undefined {
    let isNew = zones.length !== this.#published.size;
    const apexes = apexesOf(zones, 0).map((apex, index) => {
      const before = this.#published.get(apex.zone);
      const facts = factsOf(apex);
      if (before?.facts === facts && !this.#isUncertain && !hasChanged(index)) return withSerial(apex, before.serial);
      isNew = true;
      return withSerial(apex, this.#after(before?.serial, ms));
    });
    if (!isNew) return undefined;
    this.#isUncertain = false;
    this.#published.clear();
    for (const apex of apexes) this.#published.set(apex.zone, { serial: apex.soa.serial, facts: factsOf(apex) });
    return apexes;
  }

  #after(serial: number | undefined, ms: number): number {
    if (serial === undefined) return firstSerial(ms);
    return this.#isUncertain ? newerOf((serial + 1) >>> 0, firstSerial(ms)) : serialAfter(serial, ms);
  }
}

/**
 * The apexes of saved zones under the current configuration. A zone whose SOA or TTL is not as it was saved is a new version.
 *
 * @param ms milliseconds since the epoch
 */
export function apexesOfSaved(saved: readonly Apex[], zones: readonly ZoneSpec[], ms: number): readonly Apex[] {
  const serials = new ZoneSerials(saved, true);
  return serials.next(zones, () => false, ms) ?? saved;
}

function withSerial(apex: Apex, serial: number): Apex {
  return { ...apex, soa: { ...apex.soa, serial } };
}

/** Everything but the serial. */
function factsOf(apex: Apex): string {
  return JSON.stringify(withSerial(apex, 0));
}
