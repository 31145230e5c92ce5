import type { Json } from "./json.js";
import { agentAdded, frameworkAdded, taskAdded } from "./operator-api.js";
import { agent, cluster, framework, recoveredAgent, ScriptedMaster, task } from "./scripted-master.js";
import type { Expected } from "./steady-asker.js";
import { until } from "./wait.js";
import { ZooKeeper } from "./zookeeper.js";

const PATH = "/mesos";
const AGENTS = 6;
const TASKS_PER_AGENT = 5;
/** Nodes are taken away by hand: how long a session lasts is ZooKeeper's matter. */
const STAYS = { stays: true };

const nameOf = (index: number) => `S${index}`;

/** Tasks that run throughout, and one for each round that is killed in it. */
function tasksOn(index: number, victims: readonly number[]): Json[] {
  const names = Array.from({ length: TASKS_PER_AGENT }, (_, number) => `t${index}-${number}`);
  if (index === 0) names.push(...victims.map((round) => `victim${round}`));
  return names.map((name) => task(name, { agent: nameOf(index), ip: addressOf(name), ports: [31000] }));
}

function addressOf(name: string): string {
  const [agentIndex = 0, number = 0] = (/\d+-\d+/.exec(name)?.[0] ?? "0-0").split("-").map(Number);
  return `198.51.100.${agentIndex * TASKS_PER_AGENT + number + 1}`;
}

/**
 * A cluster with three masters that elect their leader in a real ZooKeeper, and that dies and comes back as a test says. Its
 * tasks never stop, but for a victim in each round.
 */
export class ElectedMasters {
  readonly zookeeper: ZooKeeper;
  /** The leader first. */
  #masters: ScriptedMaster[] = [];
  readonly #nodes = new Map<number, string>();
  readonly #victims: number[];
  #elections = 0;

  private constructor(zookeeper: ZooKeeper, rounds: number) {
    this.zookeeper = zookeeper;
    this.#victims = Array.from({ length: rounds }, (_, round) => round);
  }

  static async start(rounds: number): Promise<ElectedMasters> {
    const masters = new ElectedMasters(await ZooKeeper.start(), rounds);
    await (await masters.zookeeper.client()).mkdir(PATH);
    for (let i = 0; i < 3; i++) masters.#masters.push(await ScriptedMaster.start());
    for (const master of masters.#masters) await masters.#register(master);
    masters.#elect(masters.#stateOf(AGENTS));
    return masters;
  }

  get zk(): string {
    return `zk://${this.zookeeper.address}${PATH}`;
  }

  /** The names of tasks that run throughout. */
  get names(): readonly Expected[] {
    return Array.from({ length: AGENTS }, (_, index) => tasksOn(index, []))
      .flat()
      .map(({ name }) => ({ name: `${name}.marathon.mesos`, address: addressOf(String(name)) }));
  }

  /** How many tasks run on the agents that have not come back when these many have. */
  tasksWithout(agents: number): number {
    return (AGENTS - agents) * TASKS_PER_AGENT + (agents === 0 ? this.#victims.length : 0);
  }

  /** What a leader says to which so many agents have come back, and that knows or does not know the others by name. */
  #stateOf(agents: number, { knowsOthers = true } = {}): Json {
    const indices = Array.from({ length: AGENTS }, (_, index) => index);
    const [back, away] = [indices.slice(0, agents), indices.slice(agents)];
    const tasks = back.flatMap((index) => tasksOn(index, this.#victims));
    return {
      id: `election-${this.#elections}`,
      ...cluster({
        agents: back.map((index) => agent(nameOf(index), { ip: `192.0.2.${index + 10}` })),
        recovered: knowsOthers ? away.map((index) => recoveredAgent(nameOf(index))) : [],
        frameworks: agents === 0 ? [] : [framework("marathon", { tasks })],
      }),
    };
  }

  async killLeader(): Promise<void> {
    await this.#masters[0]?.stop();
  }

  /** The master behind the killed one leads. */
  elect({ knowsOthers }: { readonly knowsOthers: boolean }): void {
    const [killed, ...others] = this.#masters as [ScriptedMaster, ...ScriptedMaster[]];
    this.#masters = [...others, killed];
    this.#elections++;
    this.#elect(this.#stateOf(0, { knowsOthers }), others);
  }

  /** Takes the node of the killed master away. */
  async tellZooKeeper(): Promise<void> {
    const { port } = this.#masters.at(-1) as ScriptedMaster;
    const registry = await this.zookeeper.client();
    await registry.remove(this.#nodes.get(port) ?? "");
    registry.leave();
  }

  /** All masters are gone. */
  async killAll(): Promise<void> {
    await Promise.all(this.#masters.map((master) => master.stop()));
  }

  /** As many masters as there were, in the same places, the second of which leads. */
  async reviveAll(options: { readonly knowsOthers: boolean }): Promise<void> {
    this.#masters = await Promise.all(this.#masters.map(({ port }) => ScriptedMaster.start({ port })));
    this.elect(options);
    this.#masters.at(-1)?.redirectTo(this.#masters[0] as ScriptedMaster);
    await this.tellZooKeeper();
    await this.#register(this.#masters.at(-1) as ScriptedMaster);
  }

  /** The one that was killed is back, behind the others. */
  async revive(): Promise<void> {
    const { port } = this.#masters.pop() as ScriptedMaster;
    const master = await ScriptedMaster.start({ port });
    master.redirectTo(this.#masters[0] as ScriptedMaster);
    this.#masters.push(master);
    await this.#register(master);
  }

  /** The first of the round's tasks ends, without a word. */
  killVictim(): string {
    return `victim${this.#victims.shift()}.marathon.mesos`;
  }

  /** So many agents have come back in all. */
  comeBack(agents: number): void {
    const leader = this.#masters[0] as ScriptedMaster;
    leader.leadWithEvents(this.#stateOf(agents));
    const index = agents - 1;
    leader.subscribers.say(
      frameworkAdded(framework("marathon"), agents < AGENTS),
      agentAdded(agent(nameOf(index), { ip: `192.0.2.${index + 10}` })),
      ...tasksOn(index, this.#victims).map((each) => taskAdded(each)),
    );
  }

  async restartZooKeeper(): Promise<void> {
    await this.zookeeper.kill();
    await this.zookeeper.up();
  }

  async stop(): Promise<void> {
    await this.killAll();
    await this.zookeeper.stop();
  }

  #elect(state: Json, others = this.#masters): void {
    const [leader, ...rest] = others as [ScriptedMaster, ...ScriptedMaster[]];
    leader.leadWithEvents(state);
    for (const master of rest) master.redirectTo(leader);
  }

  async #register(master: ScriptedMaster): Promise<void> {
    const registry = await this.zookeeper.client();
    this.#nodes.set(master.port, await registry.register(PATH, master, STAYS));
    registry.leave();
  }
}

export const ALL_AGENTS = AGENTS;

/** Waits until a server holds the records of so many tasks. */
export async function holds(
  servers: readonly { metric(series: string): Promise<number | undefined> }[],
  tasks: number,
): Promise<void> {
  for (const server of servers) {
    await until(`${tasks} tasks held`, async () => (await server.metric("mesos_dns_guard_held_tasks")) === tasks);
  }
}
