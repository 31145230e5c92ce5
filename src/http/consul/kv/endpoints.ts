import type { ConsulEndpoint } from "../endpoint.js";
import { eventEndpoints } from "./events.js";
import { keyEndpoint } from "./keys.js";
import { type KvEndpointOptions, sessionEndpoints } from "./sessions.js";
import { transactionEndpoint } from "./transactions.js";

/** Keys and values, sessions, transactions and events. */
export function kvEndpoints(options: KvEndpointOptions): readonly ConsulEndpoint[] {
  const { store, newId, contact } = options;
  const endpoints = [
    keyEndpoint(store),
    ...sessionEndpoints(options),
    transactionEndpoint(store),
    ...eventEndpoints(store.now.index, newId),
  ];
  return endpoints.map((endpoint) => ({ ...endpoint, contact }));
}
