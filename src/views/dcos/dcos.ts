import type { Address } from "../../base/addresses.js";
import { DCOS_ZONE } from "../../config/dcos-zone.js";
import type { Framework, Task } from "../../sources/mesos/cluster.js";
import { isDnsName } from "../../wire/names.js";
import type { RecordSink } from "../mesos-dns/generate.js";
import { RFC1123, toLabel } from "../mesos-dns/labels.js";
import { onStandby } from "../mesos-dns/standby.js";

/** Below it are tasks, masters and their leader; DC/OS's own tools and packages ask for these names. */
const DCOS_DOMAIN = `dcos.${DCOS_ZONE}`;
/** Below it is everything that the cluster's own domain has, whatever that is called. */
const MIRROR = `mesos.${DCOS_ZONE}`;

/** Where a task can be reached, as far as DC/OS's names go. */
export interface DcosAddresses {
  readonly agent: readonly Address[];
  /** The container's own, as `network_infos` of its latest status have them. */
  readonly container: readonly Address[];
}

/** Emits the masters' names in DC/OS's zone. */
export function emitDcosMasters(masters: readonly Address[], leader: readonly Address[], sink: RecordSink): void {
  for (const address of masters) sink.address(`master.${DCOS_DOMAIN}`, address);
  for (const address of leader) sink.address(`leader.${DCOS_DOMAIN}`, address);
}

/**
 * Emits a task's three names in DC/OS's zone. A framework's name is one label in them, as the task's is, and labels are
 * those of RFC 1123 always. All instances of a task share its names.
 *
 * @param isStandby the task's records wait behind those of others
 */
export function emitDcosTask(
  framework: Framework,
  task: Task,
  { agent, container }: DcosAddresses,
  isStandby: boolean,
  sink: RecordSink,
): void {
  const name = `${toLabel(task.discovery?.name ?? task.name, RFC1123)}.${toLabel(framework.name, RFC1123)}`;
  const isMapped = task.mapsPorts || task.networkMapsPorts || container.length === 0;
  const shared = isStandby ? onStandby(sink) : sink;
  emitAddresses(`${name}.agentip.${DCOS_DOMAIN}`, agent, shared);
  emitAddresses(`${name}.containerip.${DCOS_DOMAIN}`, container, shared);
  emitAddresses(`${name}.autoip.${DCOS_DOMAIN}`, isMapped ? agent : container, shared);
}

function emitAddresses(name: string, addresses: readonly Address[], sink: RecordSink): void {
  if (isDnsName(name)) for (const address of addresses) sink.address(name, address);
}

/**
 * Takes records of the domain for `records`, and for DC/OS's zone under the names that they have there. What would be too
 * long a name is in the domain only.
 *
 * @param domain that all names end in, and the targets of services
 */
export function mirrored(records: RecordSink, dcos: RecordSink, domain: string): RecordSink {
  const mirror = (name: string) => name.slice(0, -domain.length) + MIRROR;
  return {
    address: (name, address, standby) => {
      records.address(name, address, standby);
      const twin = mirror(name);
      if (isDnsName(twin)) dcos.address(twin, address, standby);
    },
    service: (name, target, port, standby) => {
      records.service(name, target, port, standby);
      const [twin, twinTarget] = [mirror(name), mirror(target)];
      if (isDnsName(twin) && isDnsName(twinTarget)) dcos.service(twin, twinTarget, port, standby);
    },
  };
}
