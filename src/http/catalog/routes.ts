import type { Context, Handler } from "hono";
import { respondWith } from "../waiting/answers.js";
import { answerTo } from "./answers.js";
import type { CatalogBoard, Topic } from "./board.js";
import { LIST_PATH, NODES_PATH, SERVICES_PATH } from "./paths.js";
import { waitIn } from "./wait.js";

/**
 * The routes of the catalogue, which respond at once. Requests that wait for a change do not come here: there can be thousands, so
 * CatalogWaits answers them without the overhead of hono.
 */
export function catalogRoutes(board: CatalogBoard): [path: string, handler: Handler][] {
  return [
    [LIST_PATH, (c) => respond(c, board, { kind: "services" })],
    [NODES_PATH, (c) => respond(c, board, { kind: "nodes" })],
    [
      `${SERVICES_PATH}:framework/:name`,
      (c) => {
        const key = { framework: c.req.param("framework") ?? "", name: c.req.param("name") ?? "" };
        return respond(c, board, { kind: "service", key });
      },
    ],
  ];
}

async function respond(c: Context, board: CatalogBoard, topic: Topic): Promise<Response> {
  const wait = waitIn(new URL(c.req.url).searchParams);
  if (typeof wait === "string" && board.state !== "off") return c.json({ error: wait }, 400);
  return respondWith(c, answerTo(board, topic));
}
