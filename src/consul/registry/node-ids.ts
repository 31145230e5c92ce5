import { type ConsulInstance, compareTexts } from "./model.js";

/** Ids of the instances on one node, of which several may want the same. */
export class NodeIds {
  /** By the id that they want. */
  readonly #byWish = new Map<string, ConsulInstance | Set<ConsulInstance>>();
  /** Ids that several want, or wanted when they were last given out. */
  readonly #contested = new Set<string>();

  get isEmpty(): boolean {
    return this.#byWish.size === 0;
  }

  add(wish: string, instance: ConsulInstance): void {
    const known = this.#byWish.get(wish);
    if (known instanceof Set) known.add(instance);
    else this.#byWish.set(wish, known ? new Set([known, instance]) : instance);
    if (known) this.#contested.add(wish);
  }

  remove(wish: string, instance: ConsulInstance): void {
    const known = this.#byWish.get(wish);
    if (known === instance) this.#byWish.delete(wish);
    if (!(known instanceof Set)) return;
    known.delete(instance);
    const [only] = known;
    if (known.size === 1) this.#byWish.set(wish, only);
  }

  /** The ids of all whose wish is or was contested. Whoever is first gets it; the others have their framework's name behind it. */
  settle(): readonly (readonly [wish: string, instance: ConsulInstance, id: string])[] {
    const given = new Set<string>();
    const isFree = (id: string) => !this.#byWish.has(id) && !given.has(id);
    return [...this.#contested].sort(compareTexts).flatMap((wish) => {
      const known = this.#byWish.get(wish);
      if (!(known instanceof Set)) this.#contested.delete(wish);
      if (!known) return [];
      const wishing = known instanceof Set ? [...known].sort(compareOrigins) : [known];
      return wishing.map((instance, rank) => {
        const id = rank === 0 ? wish : alternative(wish, instance, isFree);
        given.add(id);
        return [wish, instance, id] as const;
      });
    });
  }
}

function alternative(wish: string, { origin }: ConsulInstance, isFree: (id: string) => boolean): string {
  if ("fixed" in origin) return numbered(wish, isFree);
  const { task, framework, slot } = origin;
  const usual = `${wish}@${framework.name}`;
  if (isFree(usual)) return usual;
  const exact = `${usual}:${task.id}:${slot}`;
  return isFree(exact) ? exact : numbered(`${exact}:${framework.id}`, isFree);
}

function numbered(id: string, isFree: (id: string) => boolean): string {
  for (let count = 1; ; count++) {
    const next = count === 1 ? id : `${id}:${count}`;
    if (isFree(next)) return next;
  }
}

/** This server's own come first; the others by task, framework and port, so that the order is that of the cluster and not of its history. */
function compareOrigins({ origin: a }: ConsulInstance, { origin: b }: ConsulInstance): number {
  if ("fixed" in a || "fixed" in b) return Number("fixed" in b) - Number("fixed" in a);
  return compareTexts(a.task.id, b.task.id) || compareTexts(a.framework.id, b.framework.id) || a.slot - b.slot;
}
