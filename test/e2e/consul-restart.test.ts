import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { consulAt, consulCluster, serves, webTask } from "../support/consul.js";
import { startMaster, startServer } from "../support/scenario.js";
import { freePort } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

/** What is left of Consul's view where a server starts again. */

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mesos-dns-consul-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("services, names and keys are there before a master answers, and old; then a change wakes those who wait", async () => {
  const stateDir = folder();
  const httpPort = await freePort();
  const consul = { enabled: true, httpPort };
  const master = await startMaster(consulCluster(webTask(1)));
  const first = await startServer([master], { consul, stateDir });
  const before = consulAt(first, httpPort);
  await serves(before, "web");
  expect(await (await before.get("/v1/kv/app/name", { method: "PUT", body: "demo" })).text()).toBe("true");
  const index = await before.indexOf("/v1/health/service/web");
  await first.stop();
  const address = master.address;
  await master.stop();

  const second = await startServer([{ address }], { consul, stateDir }, { until: "listening" });
  const after = consulAt(second, httpPort);
  await serves(after, "web");
  await until("that no master answers", async () => {
    const { headers } = await after.get("/v1/catalog/service/web");
    return headers.get("x-consul-knownleader") === "false" && Number(headers.get("x-consul-lastcontact")) > 0;
  });
  expect(await (await after.get("/v1/kv/app/name?raw")).text()).toBe("demo");
  const dig = ["@127.0.0.1", "-p", String(second.port), "+short", "web.service.consul"];
  expect((await run("dig", dig)).stdout.trim()).not.toBe("");
  const now = await after.indexOf("/v1/health/service/web");
  expect(now).toBeGreaterThan(index);
  const waiting = after.get(`/v1/health/service/web?index=${now}&wait=60s`);
  const port = Number(address.split(":")[1]);
  await startMaster(consulCluster(webTask(1), webTask(2)), { port });
  expect((await (await waiting).json()) as unknown[]).toHaveLength(2);
});
