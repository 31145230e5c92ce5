import { failure, JSON_TYPE, NO_STATE, type SharedAnswer, VARY } from "../waiting/answers.js";
import type { CatalogBoard, Topic } from "./board.js";

export const INDEX_HEADER = "x-mesos-dns-index";

/** The response to a request for a topic now. */
export function answerTo(board: CatalogBoard, topic: Topic): SharedAnswer {
  if (board.state === "off") return failure(404, 'no catalogue is kept: set "catalog" to true in the configuration');
  if (board.state === "empty") return NO_STATE;
  const rendering = board.rendering(topic);
  const headers = { [INDEX_HEADER]: String(board.indexOf(topic)), ...VARY };
  if (rendering) return { status: 200, headers: { ...JSON_TYPE, ...headers }, body: rendering.body, rendering };
  return failure(404, "there is no such service; GET /v1/catalog lists those there are", headers);
}
