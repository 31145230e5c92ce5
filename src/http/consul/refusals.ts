import { refusal } from "./answers.js";
import type { ConsulAnswer, ConsulEndpoint } from "./endpoint.js";

/** What Consul has and this server has not, with the answers that its clients understand. */

const FROM_MESOS =
  "services are not registered here: they come from the tasks of Mesos, whose labels say how they are called";
const NO_MESH = "Connect must be enabled in order to use this endpoint";

const REGISTRATION = [
  "/v1/agent/service/register",
  "/v1/agent/service/deregister/",
  "/v1/agent/service/maintenance/",
  "/v1/agent/maintenance",
  "/v1/agent/check/register",
  "/v1/agent/check/deregister/",
  "/v1/agent/check/pass/",
  "/v1/agent/check/warn/",
  "/v1/agent/check/fail/",
  "/v1/agent/check/update/",
  "/v1/catalog/register",
  "/v1/catalog/deregister",
] as const;

const MESH = [
  "/v1/connect/",
  "/v1/agent/connect/",
  "/v1/health/connect/",
  "/v1/health/ingress/",
  "/v1/catalog/connect/",
  "/v1/catalog/gateway-services/",
  "/v1/discovery-chain/",
] as const;

const always = (answer: ConsulAnswer) => () => answer;

export function refusingEndpoints(): readonly ConsulEndpoint[] {
  const registration = REGISTRATION.map((path) => ({ path, PUT: always(refusal(403, FROM_MESOS)) }));
  const mesh = MESH.map((path) => {
    const answer = always(refusal(500, NO_MESH));
    return { path, GET: answer, PUT: answer, DELETE: answer };
  });
  const acl = always(refusal(401, "ACL support disabled"));
  return [...registration, ...mesh, { path: "/v1/acl/", GET: acl, PUT: acl, DELETE: acl }];
}
