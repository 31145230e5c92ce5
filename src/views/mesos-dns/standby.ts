import type { Task } from "../../sources/mesos/cluster.js";
import type { RecordRules, RecordSink } from "./generate.js";

/** Whether what a task shares with others waits behind theirs. */
export function isStandby({ unhealthy }: Task, { healthPolicy }: RecordRules): boolean {
  return healthPolicy === "omitUnhealthy" && unhealthy === true;
}

/** Takes records as those on standby. */
export function onStandby(sink: RecordSink): RecordSink {
  return {
    address: (name, address) => sink.address(name, address, true),
    service: (name, target, port) => sink.service(name, target, port, true),
  };
}
