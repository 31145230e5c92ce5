import { failure, JSON_TYPE, NO_STATE, type SharedAnswer, VARY } from "../waiting/answers.js";
import type { VipBoard } from "./board.js";

export const NOT_SERVED = failure(
  404,
  'virtual addresses are not served: set "vips": {"names": true} in the configuration',
);

/** The response to a request for the list now. @param known the tag that the client has; "" for none */
export function vipAnswerTo(board: VipBoard, known: string): SharedAnswer {
  if (board.state === "off") return NOT_SERVED;
  if (board.state === "empty") return NO_STATE;
  const { rendering, etag } = board.list;
  if (known === etag) return { status: 304, headers: { etag, ...VARY }, body: null };
  return { status: 200, headers: { ...JSON_TYPE, etag, ...VARY }, body: rendering.body, rendering };
}
