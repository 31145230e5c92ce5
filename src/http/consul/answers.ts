import type { ConsulAnswer } from "./endpoint.js";

/** One line for people. */
export function refusal(status: number, text: string, index?: number): ConsulAnswer {
  return { status, type: "text", body: [text], index };
}

export function json(value: unknown, index?: number): ConsulAnswer {
  return { status: 200, type: "json", body: [JSON.stringify(value)], index };
}

/** Clients retry it. */
export const NO_LEADER = refusal(500, "No cluster leader");
