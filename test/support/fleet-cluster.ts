import { agent, cluster, framework, task } from "./scripted-master.js";

/** Enough addresses that they do not fit into a datagram of the size that most resolvers offer. */
export const FLEET = 60;

/** `web.marathon.mesos` with one address, which is not its agent's, and `fleet.marathon.mesos` with `FLEET` of them. */
export const FLEET_CLUSTER = cluster({
  agents: [agent("S0", { ip: "10.0.2.1" })],
  frameworks: [
    framework("marathon", {
      tasks: [
        task("web", { agent: "S0", ip: "10.0.1.1", ports: [31000] }),
        ...Array.from({ length: FLEET }, (_, i) =>
          task("fleet", { id: `fleet.${i}`, agent: "S0", ip: `10.0.0.${i + 1}` }),
        ),
      ],
    }),
  ],
});
