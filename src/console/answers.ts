import { setsOf } from "../zone/dump.js";
import { recordData } from "../zone/master-file.js";
import type { Snapshot } from "../zone/snapshot.js";
import type { ClusterTable } from "./cluster-table.js";
import type { RecordRow, TaskRow, Told } from "./model.js";
import type { NameTable } from "./name-table.js";
import type { Question } from "./questions.js";

/** What there is to be asked. */
export interface Known {
  readonly table: ClusterTable;
  readonly names: NameTable;
  readonly snapshot: Snapshot;
}

/** Records of one name, tasks at its addresses, and names that begin with one label, that are told. */
const MAX_RECORDS = 1_000;
const MAX_TASKS = 100;
const MAX_NAMES = 100;

/**
 * The answer to a question, to be sent as JSON; `undefined` if there is no such thing. The snapshot is read before this returns.
 * @param told of the task or the service that is asked for
 */
export function answerTo(question: Question, known: Known, told: Told = {}): object | undefined {
  const { table, names } = known;
  const { isLoaded, hasFacts } = table;
  switch (question.kind) {
    case "search": {
      const page = { text: question.text, offset: 0, limit: question.limit };
      return {
        isLoaded,
        names: names.find(page),
        services: table.findServices(page),
        tasks: table.findTasks(page),
        agents: table.findAgents(page),
        frameworks: table.findFrameworks(page),
      };
    }
    case "tasks": {
      const { kind: _, text, offset, limit, ...filter } = question;
      return { isLoaded, hasFacts, ...table.findTasks({ text, offset, limit }, filter) };
    }
    case "services":
      return { isLoaded, ...table.findServices(question) };
    case "agents":
      return { isLoaded, hasFacts, ...table.findAgents(question) };
    case "names":
      return { isLoaded: known.snapshot.ready, ...names.find(question) };
    case "task": {
      const task = table.task(question.frameworkId, question.id);
      return task && { task, detail: told.detail ?? null, agent: table.agent(task.agentId) ?? null, hasFacts };
    }
    case "service": {
      const service = table.service(question.framework, question.name);
      const ofService = told.starts ? names.beginningWith(told.starts, MAX_NAMES) : null;
      return service && { service, names: ofService, hasFacts };
    }
    case "agent": {
      const agent = table.agent(question.id);
      return agent && { agent, tasks: table.tasksOn(agent.id), hasFacts };
    }
    case "name":
      return nameAnswer(question.name, known);
  }
}

/** The records of a name, its zone, and the tasks at the addresses that it leads to. */
function nameAnswer(name: string, { snapshot, table }: Known) {
  const records = recordsOf(snapshot, name);
  if (records.length === 0) return undefined;
  const targets = records.filter(({ type }) => type === "SRV").map(({ data }) => data.split(" ").at(-1) ?? "");
  const behind = [...new Set(targets)].flatMap((target) => recordsOf(snapshot, target));
  const addresses = addressesIn([...records, ...behind]);
  const { rows, total } = tasksAt(table, addresses);
  return {
    name: `${name.replace(/\.$/, "")}.`,
    records: records.slice(0, MAX_RECORDS),
    count: records.length,
    zone: zoneOf(snapshot, name),
    tasks: { rows, total },
  };
}

/** The records of a name as text; for one without any, an empty list. */
export function recordsOf(snapshot: Snapshot, name: string): RecordRow[] {
  return setsOf(snapshot, name).flatMap((set) => {
    const ttl = set.ttl(snapshot.zones[set.zone].apex.ttl);
    return Array.from({ length: set.size }, (_, record) => {
      const [type, data] = recordData(set, record).split("\t");
      return { name: set.name, type, data, ttl };
    });
  });
}

function zoneOf(snapshot: Snapshot, name: string): string | null {
  const [set] = setsOf(snapshot, name);
  if (!set) return null;
  const { zone, scattered } = snapshot.zones[set.zone].apex;
  return scattered ? null : `${zone}.`;
}

function addressesIn(records: Iterable<RecordRow>): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const { type, data } of records) if (type === "A" || type === "AAAA") addresses.add(data);
  return addresses;
}

function tasksAt(table: ClusterTable, addresses: ReadonlySet<string>) {
  const rows: TaskRow[] = [];
  let total = 0;
  if (addresses.size === 0) return { rows, total };
  for (const task of table.tasks) {
    if (!task.addresses.some((address) => addresses.has(address))) continue;
    if (total++ < MAX_TASKS) rows.push(task);
  }
  return { rows, total };
}
