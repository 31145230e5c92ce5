/** Clusters whose tasks have virtual addresses. */
import { freshTask } from "./live-master.mjs";
import { stateBody } from "./state.mjs";

/** Targets of each virtual address. */
export const TARGETS = 5;

/** The discovery of a task with a port on its agent's network, which is a target of a virtual address: `/web:80`. */
function labelled(number, vip) {
  const labels = [
    { key: "VIP_0", value: vip },
    { key: "network-scope", value: "host" },
  ];
  return { name: "vip", ports: { ports: [{ number, protocol: "tcp", labels: { labels } }] } };
}

const at = (port, vip) => ({ resources: { ports: `[${port}-${port}]` }, discovery: labelled(port, vip) });

/**
 * A generated state in which each of so many virtual addresses has some targets.
 *
 * @param portOf the port of a task, by its number
 */
export function stateOfVips({ vips, tasks, agents }, leader, portOf) {
  const state = JSON.parse(stateBody(tasks, leader, 0, "ports", agents).toString());
  const all = state.frameworks.flatMap((framework) => framework.tasks).slice(0, vips * TARGETS);
  all.forEach((task, index) => {
    Object.assign(task, at(portOf(index), `/vip-${Math.floor(index / TARGETS)}:80`));
  });
  return { state, tasks: all };
}

/** A task of the first framework that is a target of a virtual address at this port. */
export function targetTask(master, index, port, vip) {
  return freshTask(master, index, at(port, vip));
}
