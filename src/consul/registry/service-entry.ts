import { type ConsulInstance, compareTexts, type ServiceListing } from "./model.js";

/** The instances of one service, with the tags of each of its spellings. */
export class ServiceEntry {
  readonly key: string;
  readonly instances = new Set<ConsulInstance>();
  catalogIndex = 0;
  healthIndex = 0;
  /** How many instances have each tag, by spelling. "" counts the instances themselves, as no tag is empty. */
  readonly #spellings = new Map<string, Map<string, number>>();

  constructor(key: string) {
    this.key = key;
  }

  add(instance: ConsulInstance, tags: readonly string[]): void {
    this.instances.add(instance);
    this.#count(instance.name, tags, 1);
  }

  remove(instance: ConsulInstance, tags: readonly string[]): void {
    this.instances.delete(instance);
    this.#count(instance.name, tags, -1);
  }

  get listing(): ServiceListing {
    return Array.from(this.#spellings, ([name, counts]) => {
      return [name, [...counts.keys()].filter((tag) => tag !== "").sort(compareTexts)] as const;
    }).sort(([a], [b]) => compareTexts(a, b));
  }

  #count(name: string, tags: readonly string[], by: 1 | -1): void {
    const counts = this.#spellings.get(name) ?? new Map<string, number>();
    this.#spellings.set(name, counts);
    for (const tag of ["", ...tags]) {
      const count = (counts.get(tag) ?? 0) + by;
      if (count > 0) counts.set(tag, count);
      else counts.delete(tag);
    }
    if (counts.size === 0) this.#spellings.delete(name);
  }
}
