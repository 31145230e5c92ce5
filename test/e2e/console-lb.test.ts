import { describe, expect, onTestFinished, test } from "vitest";
import { ConsolePage, hasBrowser, startBrowser } from "../support/console-browser.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

describe.skipIf(!hasBrowser)(`the console${hasBrowser ? "" : " (left out: there is no chromium)"}`, () => {
  test("shows what the load balancer beside the server carries, and says so when it is gone", async () => {
    const [target, port] = [await NamedServer.start("a"), await freePort()];
    onTestFinished(() => target.stop());
    const marathon = await ScriptedMarathon.start();
    onTestFinished(() => marathon.stop());
    const labels = { HAPROXY_GROUP: "external", HAPROXY_0_VHOST: "www.example.com" };
    marathon.apps = [app("/web", { ports: [port], labels, tasks: [task("127.0.0.1", [target.port])] })];
    const balancer = await LbRun.start([marathon.url]);
    onTestFinished(() => balancer.end());
    await balancer.carries(`web_${port}`, 1);
    const lb = {
      enabled: true,
      listen: `127.0.0.1:${balancer.ports.listen}`,
      marathons: [{ name: "main", urls: [marathon.url] }],
    };
    const server = await startServer([await startMaster(webAt("203.0.113.1"))], { lb });
    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    const opened = await ConsolePage.open(browser, server, "lb");
    await opened.page.getByRole("cell", { name: "www.example.com" }).waitFor();
    await opened.page.getByText("1 of 1 up").waitFor();
    await opened.page.getByRole("link", { name: "Load balancer" }).waitFor();
    opened.expectNoFault();
    await balancer.stop();
    await until("what is told of its end", async () => (await server.fetch("/v1/console/lb")).status === 503);
    const { error } = await server.json<{ error: string }>("/v1/console/lb");
    expect(error).toMatch(
      /^mesos-dns lb run does not tell its state at 127\.0\.0\.1:\d+ \(lb\.listen\): .*ECONNREFUSED/,
    );
  });
});
