import { expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { askUdp } from "../support/ask.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { PROGRAM } from "../support/server.js";
import { until } from "../support/wait.js";

test("top says who asks what, to this machine alone", async () => {
  const server = await startServer([await startMaster(webAt("203.0.113.1"))], { trustedProxies: ["127.0.0.1"] });
  const top = () => server.json<{ queries: number; top: Record<string, { key: string; count: number }[]> }>("/v1/top");
  await top();
  await until("queries that are counted", async () => {
    await askUdp(server, "web.marathon.mesos");
    await askUdp(server, "nobody.marathon.mesos");
    return (await top()).queries >= 4;
  });
  const { top: counted } = await top();
  expect(counted.client?.map(({ key }) => key)).toEqual(["127.0.0.1"]);
  expect(counted.name?.map(({ key }) => key).sort()).toEqual(["nobody.marathon.mesos.", "web.marathon.mesos."]);
  expect(counted.rcode?.map(({ key }) => key).sort()).toEqual(["NOERROR", "NXDOMAIN"]);
  const words = [PROGRAM, "top", "--once", "--server", `http://127.0.0.1:${server.httpPort}`];
  expect((await runCommand(process.execPath, words)).stdout).toMatch(
    /^web\.marathon\.mesos\. +\d+ +\d+% +127\.0\.0\.1|^nobody/m,
  );
  const headers = { "x-forwarded-for": "192.0.2.7" };
  const elsewhere = await fetch(`http://127.0.0.1:${server.httpPort}/v1/top`, { headers });
  expect([elsewhere.status, await elsewhere.json()]).toEqual([
    403,
    { error: expect.stringMatching(/to this machine alone/) },
  ]);
});
