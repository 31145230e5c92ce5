import { isDeepStrictEqual } from "node:util";
import type { PlaneName } from "../../src/vip-node/plane.js";
import { stateOf as stateOfMaster } from "./scripted-master.js";
import { type Counts, VipNetwork } from "./vip-network.js";
import { type Instance, stateOf, VipsRun } from "./vip-node.js";
import { until } from "./wait.js";

/** Where the node's own agent is, and two more. All three are addresses of the node. */
export const AGENTS = ["10.77.0.1", "10.77.0.2", "10.77.0.3"] as const;
/** Of the container beside the node. */
export const CONTAINER = "10.78.0.2";
const MASTER = "127.0.0.1:5050";
/** Addresses of names in these tests. */
const ADDRESSES = { web: "11.0.0.80", other: "11.0.0.81", late: "11.0.0.82" };

const NODE = `
  for i in ${AGENTS.join(" ")}; do ip addr add $i/32 dev lo; done
  ip route add local 11.0.0.0/8 dev lo`;
const CABLE_HERE = "ip addr add 10.78.0.1/24 dev cable0 && echo 1 > /proc/sys/net/ipv4/ip_forward";
const CABLE_THERE = `ip link set lo up; ip link set cable1 up; ip addr add ${CONTAINER}/24 dev cable1; ip route add default via 10.78.0.1`;

/** A node on a network of its own, which follows its master itself, with servers `a`, `b` and `c` at its agents, and a container beside it. */
export class VipCluster {
  readonly #plane: PlaneName;
  readonly network: VipNetwork;
  readonly container: VipNetwork;
  readonly node: VipsRun;

  private constructor(plane: PlaneName, network: VipNetwork, container: VipNetwork, node: VipsRun) {
    this.#plane = plane;
    this.network = network;
    this.container = container;
    this.node = node;
  }

  static async start(dataPlane: PlaneName): Promise<VipCluster> {
    const network = await VipNetwork.start(NODE);
    for (const [index, ip] of AGENTS.entries()) await network.ask("serve", "abc".charAt(index), ip, 80);
    const container = await network.neighbour(CABLE_HERE, CABLE_THERE);
    await network.ask("lead", stateOfMaster({ address: MASTER }, stateOf([])));
    const names = Object.entries(ADDRESSES).map(([name, address]) => [`${name}.marathon`, address]);
    const vips = { dataPlane, source: "mesos", lingerSeconds: 1, addresses: Object.fromEntries(names) };
    const mesos = { masters: [MASTER], refreshSeconds: 1, maxShrink: 100, failoverGrace: 0 };
    return new VipCluster(dataPlane, network, container, await VipsRun.start(vips, mesos, network));
  }

  /** From now on the master tells of these tasks. @param lost agents that it does not know any more */
  async lead(instances: readonly Instance[], lost: readonly string[] = []): Promise<void> {
    const state = stateOf(instances);
    const slaves = (state.slaves as readonly { id: string }[]).filter(({ id }) => !lost.some((ip) => id.endsWith(ip)));
    await this.network.ask("lead", stateOfMaster({ address: MASTER }, { ...state, slaves }));
  }

  /** Who answers so many connections to a virtual address, how often. */
  count(name: keyof typeof ADDRESSES, times = 10, { port = 6379, from = this.network } = {}): Promise<Counts> {
    return from.ask<Counts>("count", ADDRESSES[name], port, times);
  }

  /** Waits until ten connections to `web` are answered so. */
  answers(expected: Counts): Promise<unknown> {
    return until(JSON.stringify(expected), async () => {
      const seen = await this.count("web");
      return isDeepStrictEqual(seen, expected) || Promise.reject(JSON.stringify(seen));
    });
  }

  /** The targets of a service that are not retired. */
  async targets(at: string): Promise<readonly string[]> {
    const service = (await this.node.status()).services.find(({ key }) => key.endsWith(`:${at}`));
    return (service?.targets ?? []).flatMap(({ target, retired }) => (retired ? [] : target));
  }

  /** Rules of other programs: those that lead a port of the node to a container, as Docker and Mesos write them. */
  async publish(port: number, to: string): Promise<void> {
    const rule = (chain: string) =>
      `add rule ip published ${chain} fib daddr type local tcp dport ${port} dnat ip to ${to}`;
    // HAProxy is not alone with its connections: docs/vips.md.
    const apart = ["pre", "out"].flatMap((chain) => [
      `add rule ip apart ${chain} ip daddr 11.0.0.0/8 notrack`,
      `add rule ip apart ${chain} ip saddr 11.0.0.0/8 notrack`,
    ]);
    await this.rules([
      "add table ip published",
      "add chain ip published pre { type nat hook prerouting priority dstnat ; }",
      "add chain ip published out { type nat hook output priority -100 ; }",
      rule("pre"),
      rule("out"),
      "add table ip apart",
      "add chain ip apart pre { type filter hook prerouting priority raw ; }",
      "add chain ip apart out { type filter hook output priority raw ; }",
      ...(this.#plane === "haproxy" ? apart : []),
    ]);
  }

  /** Takes the rules away again. */
  unpublish(): Promise<void> {
    return this.rules(["delete table ip published", "delete table ip apart"]);
  }

  async rules(lines: readonly string[]): Promise<void> {
    const { stderr } = await this.network.run("nft", ["-f", "-"], `${lines.join("\n")}\n`);
    if (stderr !== "") throw new Error(stderr);
  }

  async stop(): Promise<void> {
    await this.node.end();
    this.container.stop();
    this.network.stop();
  }
}
