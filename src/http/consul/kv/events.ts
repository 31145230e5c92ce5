/** `/v1/event/*`: notes to the agents of a datacenter. There are none here: an event is taken, and reaches nobody. */
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest } from "../endpoint.js";
import { json, text } from "./answers.js";

/** Octets of the largest payload, as in Consul. */
const MAX_PAYLOAD = 512;

/**
 * @param index of what never changes
 * @param newId makes a UUID
 */
export function eventEndpoints(index: number, newId: () => string): readonly ConsulEndpoint[] {
  return [
    { path: "/v1/event/fire/", maxBody: MAX_PAYLOAD, PUT: (request) => fire(request, newId) },
    {
      path: "/v1/event/list",
      GET: () => ({ index: () => index, answer: () => json(["[]"], index), watch: () => () => undefined }),
    },
  ];
}

function fire({ rest: name, query, body }: ConsulRequest, newId: () => string): ConsulAnswer {
  if (name === "") return text(400, "Missing name");
  const filters = {
    NodeFilter: query.get("node") ?? "",
    ServiceFilter: query.get("service") ?? "",
    TagFilter: query.get("tag") ?? "",
  };
  const payload = body.length === 0 ? null : body.toString("base64");
  return json([JSON.stringify({ ID: newId(), Name: name, Payload: payload, ...filters, Version: 1, LTime: 0 })]);
}
