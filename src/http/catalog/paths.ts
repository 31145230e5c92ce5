import type { Topic } from "./board.js";

export const LIST_PATH = "/v1/catalog";
export const NODES_PATH = "/v1/catalog/nodes";
export const SERVICES_PATH = "/v1/catalog/services/";

/** The start of an absolute-form target, which a proxy may send (RFC 9112 §3.2.2). */
const ORIGIN = /^https?:\/\/[^/]*/i;

/**
 * The topic of a request target; `undefined` if it is not one of the catalogue's, or cannot be decoded. As on the other routes, the path
 * may end in a slash.
 */
export function topicOf(target: string): Topic | undefined {
  const path = target.replace(ORIGIN, "").replace(/\/$/, "");
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
