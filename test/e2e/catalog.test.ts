import { describe, expect, it } from "vitest";
import { taskUpdated } from "../support/operator-api.js";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { until } from "../support/wait.js";

describe("x", () => {
  it("y", async () => {
    const master = await startMaster();
    const WEB = task("web", {
      agent: "S0",
      ip: "203.0.113.1",
      ports: [31000],
      extra: { labels: [{ key: "a", value: "b" }] },
    });
    master.leadWithEvents(cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: [WEB] })] }));
    const server = await startServer([master], { catalog: true, refreshSeconds: 3600 });
    await until("catalogue", async () => (await server.fetch("/v1/catalog")).status === 200);
    const r = await server.fetch("/v1/catalog/services/marathon/web");
    const body = (await r.json()) as any;
    console.log(JSON.stringify(body), r.headers);
    console.log(
      await (await server.fetch("/v1/catalog")).text(),
      await (await server.fetch("/v1/catalog/nodes")).text(),
    );
    await until("stream", async () => (await server.metric("mesos_dns_stream_connected")) === 1);
    const t0 = performance.now();
    setTimeout(() => master.subscribers.say(taskUpdated(WEB, "TASK_KILLING")), 300);
    const r2 = await server.fetch(`/v1/catalog/services/marathon/web?index=${body.index}&wait=10s`);
    console.log(performance.now() - t0, await r2.text(), server.troubles());
    expect(1).toBe(1);
  });
});
