import type { MarathonApp } from "../../sources/marathon/app.js";
import type { Rules } from "../bamboo/data.js";
import { renderBamboo, type TemplateText } from "../bamboo/render.js";
import { overlapsIn } from "../bamboo/rules/routing.js";
import type { Rule } from "../bamboo/rules/rule.js";
import { LastGood, type Refused, type Traits } from "../last-good.js";
import type { LbServiceStatus } from "../report.js";
import type { FileFormat, Made } from "./format.js";

/** An app with its rule. */
export interface BambooItem {
  readonly app: MarathonApp;
  readonly rule: Rule | undefined;
}

export interface BambooKnown {
  readonly apps: readonly MarathonApp[];
  readonly rules: Rules;
  readonly template: TemplateText;
}

const TRAITS: Traits<BambooItem, BambooItem> = {
  keyOf: ({ app }) => app.id,
  appOf: ({ app }) => app.id,
  indexOf: () => undefined,
  // Templates write the names of agents, of which one that has no address is refused.
  likenessOf: ({ app: { tasks, ...rest }, rule }) =>
    JSON.stringify([rest, rule, [...new Set(tasks.map(({ host }) => host))].sort()], mapsAsLists),
  renewed: (before, { app }) => ({ ...before, app: { ...before.app, tasks: app.tasks } }),
};

/** What a template of Bamboo's makes of apps and rules. */
export class BambooFile implements FileFormat<BambooKnown> {
  /** `undefined` until something is made. */
  #template: TemplateText | undefined;
  readonly #good: LastGood<BambooItem, BambooItem>;
  #last: readonly BambooItem[] = [];
  /** Rules whose apps are not there. */
  #others: readonly Rule[] = [];
  #now = 0;

  /** @param good apps as they were last, in the program before this one */
  constructor(good: readonly BambooItem[]) {
    this.#good = new LastGood(TRAITS, good);
  }

  /** Without their tasks, which are always those of now. */
  get good(): readonly BambooItem[] {
    return Array.from(this.#good.known.values(), ({ app, rule }) => ({ app: { ...app, tasks: [] }, rule }));
  }

  make({ apps, rules, template }: BambooKnown, now: number): Made {
    this.#template = template;
    const refused: Refused[] = [];
    const ids = new Set(apps.map(({ id }) => id));
    this.#others = [...rules.values()].filter(({ id }) => !ids.has(id));
    this.#last = this.#good.chosen(
      apps.map((app) => ({ app, rule: rules.get(app.id) })),
      refused,
    );
    this.#now = now;
    const conflicts = Array.from(overlapsIn(rules), ([appId, text]) => ({ appId, text }));
    return {
      content: { text: this.#render(this.#last), maps: new Map() },
      carried: { services: this.#last.map(statusOf), refused, conflicts, notices: [] },
    };
  }

  get apps(): readonly string[] {
    return this.#good.settledFirst(this.#last);
  }

  only(apps: ReadonlySet<string>): string {
    return this.#render(this.#last.filter(({ app }) => apps.has(app.id)));
  }

  /** What would be written if a rule were another one; `undefined` until something has been made. */
  withRule(rule: Rule): string | undefined {
    if (!this.#template) return undefined;
    const others = this.#others.filter(({ id }) => id !== rule.id);
    const items = this.#last.map((item) => (item.app.id === rule.id ? { ...item, rule } : item));
    const isOther = !items.some(({ app }) => app.id === rule.id);
    return this.#render(items, isOther ? [...others, rule] : others);
  }

  refuse(reasons: ReadonlyMap<string, string>): void {
    this.#good.refuse(reasons, this.#last);
  }

  accept(): boolean {
    return this.#good.accept(this.#last);
  }

  tryAgain(): void {
    this.#good.tryAgain();
  }

  #render(items: readonly BambooItem[], others = this.#others): string {
    const template = this.#template ?? { name: "", text: "" };
    const rules = [...others, ...items.flatMap(({ rule }) => rule ?? [])];
    return renderBamboo(
      items.map(({ app }) => app),
      new Map(rules.map((rule) => [rule.id, rule])),
      template,
      this.#now,
    );
  }
}

function statusOf({ app }: BambooItem): LbServiceStatus {
  const servers = app.tasks.map(({ id, host, ports: [port = 0] }) => ({
    name: `${host}:${port}`,
    task: id,
    state: "configured",
  }));
  return { backend: app.id, app: app.id, hosts: [], servers };
}

function mapsAsLists(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
