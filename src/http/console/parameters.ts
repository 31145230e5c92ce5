import type { Page, Question, TaskFilter } from "../../console/questions.js";

const MAX_LIMIT = 500;
const MAX_OFFSET = 10_000_000;
/** More characters than any name or id has. */
const MAX_TEXT = 300;
const HEALTHS = ["healthy", "unhealthy", "unknown"] as const;

type Query = (name: string) => string | undefined;

/** A question that a request asks, or a sentence that says what is wrong with it. */
export function readQuestion(kind: Question["kind"], query: Query): Question | string {
  const page = readPage(query);
  if (typeof page === "string") return page;
  switch (kind) {
    case "search":
      if (page.text.trim() === "") return "q is missing: the text to search for";
      return { kind, text: page.text, limit: page.limit };
    case "tasks": {
      const filter = readFilter(query);
      return typeof filter === "string" ? filter : { kind, ...page, ...filter };
    }
    case "services":
    case "agents":
    case "names":
      return { kind, ...page };
    case "task":
      return { kind, frameworkId: query("framework") ?? "", id: query("id") ?? "" };
    case "service":
      return { kind, framework: query("framework") ?? "", name: query("name") ?? "" };
    case "agent":
      return { kind, id: query("id") ?? "" };
    case "name":
      return { kind, name: query("name") ?? "" };
  }
}

function readPage(query: Query): Page | string {
  const text = query("q") ?? "";
  if (text.length > MAX_TEXT) return `q has at most ${MAX_TEXT} characters`;
  const offset = integer(query("offset") ?? "0", 0, MAX_OFFSET);
  if (offset === undefined) return `offset is an integer from 0 to ${MAX_OFFSET}`;
  const limit = integer(query("limit") ?? "50", 1, MAX_LIMIT);
  if (limit === undefined) return `limit is an integer from 1 to ${MAX_LIMIT}`;
  return { text, offset, limit };
}

function readFilter(query: Query): TaskFilter | string {
  const [framework, service, agentId, health] = ["framework", "service", "agent", "health"].map(query);
  const known = HEALTHS.find((each) => each === health);
  if (health !== undefined && known === undefined) return `health is one of ${HEALTHS.join(", ")}`;
  return {
    ...(framework !== undefined && { framework }),
    ...(service !== undefined && { service }),
    ...(agentId !== undefined && { agentId }),
    ...(known !== undefined && { health: known }),
  };
}

function integer(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
