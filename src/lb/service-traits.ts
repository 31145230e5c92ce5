import type { Traits } from "./last-good.js";
import type { Service, Unreadable } from "./services.js";

/** What is known of a service whether its labels can be read or not. */
export type ServiceNow = Pick<Service | Unreadable, "appId" | "index" | "servers">;

export const SERVICE_TRAITS: Traits<ServiceNow, Service> = {
  keyOf: ({ appId, index }) => `${appId} ${index}`,
  appOf: ({ appId }) => appId,
  indexOf: ({ index }) => index,
  likenessOf: ({ servers: _, settings, ...rest }) => JSON.stringify([rest, settings, [...settings.templates]]),
  renewed: (before, { servers }) => ({ ...before, servers }),
};
