import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOffline } from "../../../src/cli/offline.js";
import type { ExplainBasis } from "../../../src/explain/basis.js";
import { explain } from "../../../src/explain/explain.js";
import type { Finding } from "../../../src/explain/finding.js";
import { explainable } from "../../../src/threads/explainable.js";
import type { Json } from "../../support/json.js";
import { agent, cluster, framework, task } from "../../support/scripted-master.js";
import { configOf } from "../config/support.js";

const VIP = { number: 80, protocol: "tcp", labels: { labels: [{ key: "VIP_0", value: "/web:80" }] } };

/** A small cluster in which nearly everything goes wrong somewhere. */
export function motley(): Json {
  const web = (id: string, ip: string, options: object = {}) =>
    task("web", { id, agent: "S1", ip, ports: [31_000], ...options });
  return {
    ...cluster({
      agents: [
        agent("S1", { ip: "192.0.2.11", hostname: "agent-1.example.com" }),
        agent("S2", { ip: "192.0.2.12" }),
        agent("S3", { ip: "agent-3.example.com" }),
      ],
      frameworks: [
        framework("marathon", {
          pid: "scheduler-1@192.0.2.20:8080",
          tasks: [
            web("web.1", "203.0.113.7"),
            web("web.2", "203.0.113.8", { healthy: false }),
            task("My_App.v2", { agent: "S1" }),
            task("sick", { agent: "S1", ip: "203.0.113.9", healthy: false }),
            task("api", {
              agent: "S2",
              ip: "203.0.113.10",
              discovery: { name: "Api.v2", ports: [{ number: 8080, name: "http", protocol: "tcp" }] },
            }),
            task("star", { agent: "S2", ip: "203.0.113.11", discovery: { name: "*.x" } }),
            task("silent", { agent: "S3" }),
            task("lost", { agent: "S9", ip: "203.0.113.12" }),
            task("bridged", { id: "bridged.1", agent: "S1", ip: "172.17.0.2" }),
            task("bridged", { id: "bridged.2", agent: "S2", ip: "172.17.0.2" }),
            task("ending", { agent: "S2", state: "TASK_KILLING", ip: "203.0.113.13" }),
            task("virtual", {
              agent: "S2",
              ip: "203.0.113.14",
              extra: { discovery: { name: "virtual", ports: { ports: [VIP] } } },
            }),
            { ...task("broken", { agent: "S2" }), name: 7 },
          ],
        }),
        framework("!!!", { id: "frameworks-nameless", tasks: [task("inside", { agent: "S1" })] }),
        framework("leader", { tasks: [] }),
      ],
    }),
    leader: "master@192.0.2.1:5050",
    pid: "master@192.0.2.1:5050",
  };
}

/** Three hundred tasks of one name. */
export function crowd(): Json {
  const tasks = Array.from({ length: 300 }, (_, index) =>
    task("web", { id: `web.${index}`, agent: "S1", ip: `203.0.113.${index % 250}` }),
  );
  const parts = { agents: [agent("S1")], frameworks: [framework("marathon", { tasks })] };
  return { ...cluster(parts), leader: "master@192.0.2.1:5050", pid: "master@192.0.2.1:5050" };
}

/** What there is to explain of a state under a configuration. */
export async function basisOf(keys: object = {}, state: Json = motley()): Promise<ExplainBasis> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-explain-"));
  try {
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state));
    const { builder } = await buildOffline(file, configOf(keys));
    const basis = explainable(builder, { isReported: () => undefined });
    if (!basis) throw new Error("there is no zone");
    return basis;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All findings, however many pauses there are. */
export function findingsOf(question: string, basis: ExplainBasis): readonly Finding[] {
  const work = explain(question, basis);
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}
