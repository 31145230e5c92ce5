/** An item of a configuration that is not there as it asks to be, and why, for people. */
export interface Refused {
  readonly appId: string;
  /** Which of the app's services; `undefined` if it is the app as a whole. */
  readonly index: number | undefined;
  readonly reason: string;
  /** Whether it goes on as it was when it was last well. */
  readonly isKept: boolean;
}

/** What there is to know of items: what is known of one in any case (`Now`), and all of it. */
export interface Traits<Now, Item extends Now> {
  readonly keyOf: (now: Now) => string;
  readonly appOf: (now: Now) => string;
  readonly indexOf: (now: Now) => number | undefined;
  /** What it asks for, without who serves it. */
  readonly likenessOf: (item: Item) => string;
  /** As it was before, with those who serve it now. */
  readonly renewed: (before: Item, now: Now) => Item;
}

/** Items as they were when HAProxy had them last: what breaks a configuration goes on as it was. */
export class LastGood<Now, Item extends Now> {
  readonly #traits: Traits<Now, Item>;
  readonly #good: Map<string, Item>;
  /** By app, what HAProxy refuses, and why. */
  readonly #broken = new Map<string, { readonly likeness: string; readonly reason: string }>();
  /** As they were asked for last. */
  #asked: readonly Item[] = [];

  /** @param good of the program before this one */
  constructor(traits: Traits<Now, Item>, good: readonly Item[]) {
    this.#traits = traits;
    this.#good = new Map(good.map((item) => [traits.keyOf(item), item]));
  }

  /** By key. */
  get known(): ReadonlyMap<string, Item> {
    return this.#good;
  }

  /** Each of these, or what it was before where HAProxy refuses its app. */
  chosen(items: readonly Item[], notes: Refused[]): readonly Item[] {
    this.#asked = items;
    return items.flatMap((item) => this.orBefore(item, this.#reasonAgainst(item, items), notes));
  }

  /** The item, or if there is a reason against it what it was before. */
  orBefore(item: Item, reason: string | undefined, notes: Refused[]): readonly Item[] {
    if (reason === undefined) return [item];
    const { keyOf, likenessOf } = this.#traits;
    const before = this.#good.get(keyOf(item));
    // As it was then it would be refused as well.
    if (before && likenessOf(before) === likenessOf(item)) this.#good.delete(keyOf(item));
    return this.before(item, reason, notes);
  }

  /** An item as it was when HAProxy had it last, with those who serve it now. */
  before(now: Now, reason: string, notes: Refused[]): readonly Item[] {
    const { keyOf, appOf, indexOf, renewed } = this.#traits;
    const before = this.#good.get(keyOf(now));
    notes.push({ appId: appOf(now), index: indexOf(now), reason, isKept: before !== undefined });
    return before === undefined ? [] : [renewed(before, now)];
  }

  /**
   * These apps go on as they were until they ask for something else.
   * @param items what HAProxy has refused: as it is asked for, or as it was before
   */
  refuse(reasons: ReadonlyMap<string, string>, items: readonly Item[]): void {
    const { keyOf, appOf, likenessOf } = this.#traits;
    for (const [app, reason] of reasons) {
      this.#broken.set(app, { likeness: this.#likenessOf(app, this.#asked), reason });
    }
    for (const item of items) {
      const before = reasons.has(appOf(item)) ? this.#good.get(keyOf(item)) : undefined;
      if (before !== undefined && likenessOf(before) === likenessOf(item)) this.#good.delete(keyOf(item));
    }
  }

  /** What was refused is taken as it is asked for. */
  tryAgain(): void {
    this.#broken.clear();
  }

  /**
   * HAProxy has taken these, and no others.
   * @returns whether what is good is something else now
   */
  accept(items: readonly Item[]): boolean {
    const { keyOf, likenessOf } = this.#traits;
    let isNew = false;
    for (const item of items) {
      const key = keyOf(item);
      const known = this.#good.get(key);
      isNew ||= known !== item && (known === undefined || likenessOf(known) !== likenessOf(item));
      this.#good.set(key, item);
    }
    const here = new Set(items.map(keyOf));
    for (const key of this.#good.keys()) {
      if (here.has(key)) continue;
      this.#good.delete(key);
      isNew = true;
    }
    return isNew;
  }

  /**
   * The apps of these items: first those that HAProxy has as they are now. Where two cannot be together, it is the other one that is new.
   */
  settledFirst(items: readonly Item[]): readonly string[] {
    const { keyOf, appOf, likenessOf } = this.#traits;
    const isSettled = (item: Item) => {
      const known = this.#good.get(keyOf(item));
      return known !== undefined && likenessOf(known) === likenessOf(item);
    };
    const fresh = new Set(items.flatMap((item) => (isSettled(item) ? [] : appOf(item))));
    const apps = [...new Set(items.map(appOf))];
    return [...apps.filter((app) => !fresh.has(app)), ...apps.filter((app) => fresh.has(app))];
  }

  #reasonAgainst(item: Item, all: readonly Item[]): string | undefined {
    const app = this.#traits.appOf(item);
    const broken = this.#broken.get(app);
    if (!broken) return undefined;
    if (broken.likeness === this.#likenessOf(app, all)) return broken.reason;
    this.#broken.delete(app);
    return undefined;
  }

  #likenessOf(app: string, items: readonly Item[]): string {
    const { appOf, likenessOf } = this.#traits;
    return items.flatMap((item) => (appOf(item) === app ? likenessOf(item) : [])).join("\n");
  }
}
