import { addressesOf, servicesOf, servicesTargeting } from "../zone/dump.js";
import type { Snapshot } from "../zone/snapshot.js";

/** The rows of the look-up routes. A name nobody has gives one row of empty strings, as clients of Mesos-DNS expect. */

/** `GET /v1/hosts/{host}`: a row an address. */
export function hostRows(snapshot: Snapshot, host: string): { host: string; ip: string }[] {
  const name = absolute(host);
  const rows = addressesOf(snapshot, host).map((ip) => ({ host: name, ip }));
  return rows.length > 0 ? rows : [{ host: "", ip: "" }];
}

/** `GET /v1/hosts/{host}/ports`: a row for each SRV record that points to the host; none is an empty list. */
export function portRows(snapshot: Snapshot, host: string) {
  const name = absolute(host);
  return servicesTargeting(snapshot, host).map(({ service, port }) => ({
    host: name,
    port: String(port),
    protocol: protocolOf(service),
    service,
  }));
}

/** `GET /v1/services/{service}`: a row for each address of each target; `service` is what was asked for. */
export function serviceRows(snapshot: Snapshot, service: string) {
  const rows = servicesOf(snapshot, service).flatMap(({ target, port }) =>
    addressesOf(snapshot, target).map((ip) => ({ service, host: target, ip, port: String(port) })),
  );
  return rows.length > 0 ? rows : [{ service: "", host: "", ip: "", port: "" }];
}

function absolute(name: string): string {
  return `${name.replace(/\.$/, "").toLowerCase()}.`;
}

/** Of `_http._web._tcp.marathon.mesos.`, the last label with an underscore: tasks' and domains' own labels have none. */
function protocolOf(service: string): string {
  const labels = service.split(".").filter((label) => label.startsWith("_"));
  return labels.at(-1)?.slice(1) ?? "";
}
