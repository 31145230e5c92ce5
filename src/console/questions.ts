import type { TaskHealth } from "./model.js";

/** What the console asks the thread that knows the cluster. */
export type Question =
  | { readonly kind: "search"; readonly text: string; readonly limit: number }
  | ({ readonly kind: "tasks" } & Page & TaskFilter)
  | ({ readonly kind: "services" | "agents" | "names" } & Page)
  | { readonly kind: "task"; readonly frameworkId: string; readonly id: string }
  | { readonly kind: "service"; readonly framework: string; readonly name: string }
  | { readonly kind: "agent"; readonly id: string }
  | { readonly kind: "name"; readonly name: string };

export interface Page {
  /** Words that have to occur; "" for all. */
  readonly text: string;
  readonly offset: number;
  readonly limit: number;
}

/** Only tasks that are like this. */
export interface TaskFilter {
  readonly framework?: string;
  readonly service?: string;
  readonly agentId?: string;
  readonly health?: TaskHealth;
}

/** A part of a list. */
export interface Listed<Row> {
  readonly rows: readonly Row[];
  /** How many rows match, of which these are some. */
  readonly total: number;
  /** Whether there are more, which have not been counted. */
  readonly isMore?: boolean;
}
