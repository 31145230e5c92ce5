import type { Address } from "../../base/addresses.js";
import type { ZoneConfig } from "../../config/config.js";
import { DCOS_ZONE } from "../../config/dcos-zone.js";
import type { Framework, Task } from "../../sources/mesos/cluster.js";
import { RFC1123, toLabel } from "../../wire/labels.js";
import { isDnsName } from "../../wire/names.js";
import { zoneAt } from "../configured-zone.js";
import type { ClusterFacts } from "../facts.js";
import { isNowhere } from "../mesos-dns/records.js";
import { isStandby } from "../mesos-dns/rules.js";
import { onStandby, type RecordSink, type ZoneSink } from "../sink.js";
import type { Emitter, View } from "../view.js";

/** The domain of tasks, masters and their leader. DC/OS's own tools and packages query these names. */
const DCOS_DOMAIN = `dcos.${DCOS_ZONE}`;
/** The domain that has a copy of every record of `domain`. */
const MIRROR = `mesos.${DCOS_ZONE}`;

/** The names of DC/OS, if configured (`dcosNames`): its own names, and a copy of those of `domain`. */
export function dcosView(config: ZoneConfig): View | undefined {
  if (!config.dcosNames) return undefined;
  const { domain } = config;
  return {
    zones: [zoneAt(DCOS_ZONE, config)],
    emitter: (facts, { zone }) => new DcosRecords(facts, config, zone(DCOS_ZONE) as RecordSink),
    mirror: { of: domain, into: ({ zone }) => mirrored(zone(DCOS_ZONE) as ZoneSink, domain) },
  };
}

class DcosRecords implements Emitter {
  readonly #facts: ClusterFacts;
  readonly #config: ZoneConfig;
  readonly #records: RecordSink;

  constructor(facts: ClusterFacts, config: ZoneConfig, records: RecordSink) {
    this.#facts = facts;
    this.#config = config;
    this.#records = records;
  }

  masters(): void {
    const facts = this.#facts;
    for (const { host } of facts.numberedMasters())
      for (const address of facts.resolve(host)) this.#records.address(`master.${DCOS_DOMAIN}`, address);
    for (const address of facts.leaderAddresses) this.#records.address(`leader.${DCOS_DOMAIN}`, address);
  }

  /**
   * Emits a task's three names. In them, the framework's name is one label, as is the task's, and labels always follow RFC 1123. All
   * instances of a task share its names.
   */
  task(framework: Framework, task: Task): undefined {
    const addresses = this.#facts.addressesOfTask(task);
    if (!addresses || isNowhere(addresses)) return;
    const agent = addresses.host;
    const container = this.#facts.parse(task.addresses.netinfo ?? []);
    const name = `${toLabel(task.discovery?.name ?? task.name, RFC1123)}.${toLabel(framework.name, RFC1123)}`;
    const isMapped = task.mapsPorts || task.networkMapsPorts || container.length === 0;
    const records = isStandby(task, this.#config) ? onStandby(this.#records) : this.#records;
    emitAddresses(`${name}.agentip.${DCOS_DOMAIN}`, agent, records);
    emitAddresses(`${name}.containerip.${DCOS_DOMAIN}`, container, records);
    emitAddresses(`${name}.autoip.${DCOS_DOMAIN}`, isMapped ? agent : container, records);
  }
}

function emitAddresses(name: string, addresses: readonly Address[], records: RecordSink): void {
  if (isDnsName(name)) for (const address of addresses) records.address(name, address);
}

/**
 * Takes the records of `domain`, and passes them on with their names in DC/OS's zone. Drops records whose names would be too long there.
 *
 * @param domain in which all names and all targets of services end
 */
function mirrored(records: ZoneSink, domain: string): ZoneSink {
  const mirror = (name: string) => name.slice(0, -domain.length) + MIRROR;
  return {
    address: (name, address, standby) => {
      const twin = mirror(name);
      if (isDnsName(twin)) records.address(twin, address, standby);
    },
    service: (name, target, port, standby) => {
      const [twin, twinTarget] = [mirror(name), mirror(target)];
      if (isDnsName(twin) && isDnsName(twinTarget)) records.service(twin, twinTarget, port, standby);
    },
    pointer: (name, target) => {
      const [twin, twinTarget] = [mirror(name), mirror(target)];
      if (isDnsName(twin) && isDnsName(twinTarget)) records.pointer(twin, twinTarget);
    },
    character: (name, character) => {
      const twin = mirror(name);
      if (isDnsName(twin)) records.character(twin, character);
    },
    prepared: (name, set) => {
      const twin = mirror(name);
      if (isDnsName(twin)) records.prepared(twin, set);
    },
  };
}
