import { addressesOf, servicesOf, servicesTargeting } from "../zone/dump.js";
import type { Snapshot } from "../zone/snapshot.js";

/** The rows of the look-up routes. For an unknown name it is one row of empty strings, as clients of Mesos-DNS expect. */

/** `GET /v1/hosts/{host}`: a row for each address. */
export function hostRows(snapshot: Snapshot, host: string): { host: string; ip: string }[] {
  const name = absolute(host);
  const rows = addressesOf(snapshot, host).map((ip) => ({ host: name, ip }));
  return rows.length > 0 ? rows : [{ host: "", ip: "" }];
}

/** `GET /v1/hosts/{host}/ports`: a row for each SRV record that points to the host; an empty list if there are none. */
export function portRows(snapshot: Snapshot, host: string) {
  const name = absolute(host);
  return servicesTargeting(snapshot, host).map(({ service, port }) => ({
    host: name,
    port: String(port),
    protocol: protocolOf(service),
    service,
  }));
}

/** `GET /v1/services/{service}`: a row for each address of each target. `service` is the name as requested. */
export function serviceRows(snapshot: Snapshot, service: string) {
  const rows = servicesOf(snapshot, service).flatMap(({ target, port }) =>
    addressesOf(snapshot, target).map((ip) => ({ service, host: target, ip, port: String(port) })),
  );
  return rows.length > 0 ? rows : [{ service: "", host: "", ip: "", port: "" }];
}

function absolute(name: string): string {
  return `${name.replace(/\.$/, "").toLowerCase()}.`;
}

/**
 * The last label with an underscore, such as `tcp` in `_http._web._tcp.marathon.mesos.`: labels of tasks and domains have no
 * underscore.
 */
function protocolOf(service: string): string {
  const labels = service.split(".").filter((label) => label.startsWith("_"));
  return labels.at(-1)?.slice(1) ?? "";
}
