import type { Topic } from "./board.js";

export const LIST_PATH = "/v1/catalog";
export const NODES_PATH = "/v1/catalog/nodes";
export const SERVICES_PATH = "/v1/catalog/services/";

/** The topic of a path without a final slash; `undefined` if it is not one of the catalogue's, or cannot be decoded. */
export function topicOf(path: string): Topic | undefined {
  if (path === LIST_PATH) return { kind: "services" };
  if (path === NODES_PATH) return { kind: "nodes" };
  if (!path.startsWith(SERVICES_PATH)) return undefined;
  const parts = path.slice(SERVICES_PATH.length).split("/");
  if (parts.length !== 2 || parts.includes("")) return undefined;
  try {
    const [framework = "", name = ""] = parts.map(decodeURIComponent);
    return { kind: "service", key: { framework, name } };
  } catch {
    return undefined;
  }
}
