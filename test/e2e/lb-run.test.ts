import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersOf } from "../support/lb-ask.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** HAProxy that follows a Marathon: what its clients meet. */

const HOST = "127.0.0.1";
const GROUP = { HAPROXY_GROUP: "external" };

describe("a HAProxy that follows a Marathon", () => {
  let marathon: ScriptedMarathon;
  let run: LbRun;
  let servers: NamedServer[];
  let port: number;

  beforeAll(async () => {
    servers = await Promise.all(["a", "b", "c"].map((name) => NamedServer.start(name)));
    marathon = await ScriptedMarathon.start();
    port = await freePort();
    await lead("a");
    run = await LbRun.start([marathon.url]);
    await run.carries(`web_${port}`, 1);
  });
  afterAll(async () => {
    await run?.end();
    await marathon?.stop();
    for (const server of servers ?? []) server.stop();
  });

  const web = (names: string, labels = {}) =>
    app("/web", {
      ports: [port],
      labels: { ...GROUP, HAPROXY_0_VHOST: "www.example.com", ...labels },
      tasks: servers
        .filter(({ name }) => names.includes(name))
        .map((server) => task(HOST, [server.port], { id: `web.${server.name}` })),
    });

  async function lead(names: string, labels = {}, others: readonly ReturnType<typeof app>[] = []) {
    marathon.apps = [web(names, labels), ...others];
    marathon.emit("status_update_event");
  }

  test("reaches a service at its port, by its name and by its app's id", async () => {
    expect(await answersOf(port)).toBe("a");
    expect(await answersOf(run.ports.http, { host: "WWW.example.com:80" })).toBe("a");
    expect(await answersOf(run.ports.appId, { "x-marathon-app-id": "/web" })).toBe("a");
    expect(await answersOf(run.ports.http, { host: "other.example.com" })).toBe("503");
  });

  test("reaches tasks that come and no more those that go, without a reload", async () => {
    const before = await run.reloads();
    await lead("abc");
    await run.carries(`web_${port}`, 3);
    expect(await answersOf(port)).toBe("abc");
    await lead("bc");
    await run.carries(`web_${port}`, 2);
    expect(await answersOf(port)).toBe("bc");
    const [a] = servers;
    await until("the end of the server that is gone", async () => {
      return !(await run.ask("show stat -1 4 -1")).includes(`127_0_0_1_${a?.port}`);
    });
    expect(await run.reloads()).toBe(before);
  });

  test("answers 503 while an app has no tasks, and goes on with it without a reload", async () => {
    const before = await run.reloads();
    await lead("");
    await run.carries(`web_${port}`, 0);
    expect(await answersOf(port)).toBe("503");
    await lead("b");
    await run.carries(`web_${port}`, 1);
    expect(await answersOf(run.ports.http, { host: "www.example.com" })).toBe("b");
    expect(await run.reloads()).toBe(before);
  });

  test("reloads for another name, and serves it", async () => {
    const before = await run.reloads();
    await lead("b", { HAPROXY_0_VHOST: "www.example.com,new.example.com", HAPROXY_0_PATH: "/x" });
    await until("the reload", async () => (await run.reloads()) > before);
    await run.carries(`web_${port}`, 1);
    expect(await answersOf(run.ports.http, { host: "new.example.com" })).toBe("503");
    await lead("b");
    await until(
      "the name without a path",
      async () => (await answersOf(run.ports.http, { host: "www.example.com" })) === "b",
    );
  });

  test("keeps an app as it was whose labels are broken, names it, and hurts nobody else", async () => {
    const other = await freePort();
    const tasks = [task(HOST, [servers[2]?.port ?? 0])];
    const rest = app("/other", { ports: [other], labels: GROUP, tasks });
    await lead("b", {}, [rest]);
    await run.carries(`other_${other}`, 1);
    const broken = { HAPROXY_0_VHOST: "www.example.com", HAPROXY_0_BALANCE: "best\n  stats admin" };
    await lead("ab", broken, [rest]);
    await run.carries(`web_${port}`, 2);
    expect(await answersOf(port)).toBe("ab");
    expect(await answersOf(other)).toBe("c");
    const { stdout, code } = await run.command("status");
    expect(code).toBe(1);
    expect(stdout).toContain("refused: service 0 of /web, which goes on as it was: BALANCE has a line break");
    expect(run.haproxyConfig).not.toContain("stats admin");
    await lead("ab", {}, [rest]);
    await until("the end of the refusal", async () => (await run.status()).refused.length === 0);
  });

  test("asks for health where an app says now, at servers that stay as they are", async () => {
    const [own, former] = [await freePort(), await NamedServer.start("former")];
    const checked = (port: number) => {
      const times = { intervalSeconds: 1, timeoutSeconds: 1, maxConsecutiveFailures: 0 };
      const tasks = [task(HOST, [servers[2]?.port ?? 0], { healthCheckResults: [{ alive: true }] })];
      const extra = { healthChecks: [{ protocol: "HTTP", path: "/health", port, ...times }] };
      return app("/checked", { ports: [own], labels: GROUP, tasks, extra });
    };
    await lead("b", {}, [checked(former.port)]);
    await run.carries(`checked_${own}`, 1);
    const before = await run.reloads();
    await lead("b", {}, [checked(servers[0]?.port ?? 0)]);
    await until("the reload", async () => (await run.reloads()) > before);
    former.stop();
    const asked = servers[0]?.requests ?? 0;
    await until("checks elsewhere", async () => (servers[0]?.requests ?? 0) > asked + 2);
    expect(await answersOf(own)).toBe("c");
    await lead("b");
  });

  test("does not let an app's id be a command of HAProxy's", async () => {
    const tasks = [task(HOST, [servers[2]?.port ?? 0])];
    const own = [await freePort(), await freePort()];
    const ids = ["/x;shutdown frontend apps:in", "/x\nshutdown frontend apps:in"];
    const labels = { ...GROUP, HAPROXY_0_MODE: "http" };
    await lead(
      "b",
      {},
      ids.map((id, at) => app(id, { ports: own.slice(at, at + 1), labels, tasks })),
    );
    await until("the first", async () => (await answersOf(own[0] ?? 0)) === "c");
    await lead("b");
    await run.carries(`web_${port}`, 1);
    expect(await answersOf(run.ports.appId, { "x-marathon-app-id": "/web" })).toBe("b");
  });

  test("gives a port that two apps want to the one that has it", async () => {
    const tasks = [task(HOST, [servers[2]?.port ?? 0])];
    const rival = app("/a-rival", { ports: [port], labels: { ...GROUP, HAPROXY_0_MODE: "http" }, tasks });
    await lead("ab", {}, [rival]);
    await run.carries(`a-rival_${port}`, 1);
    expect(await answersOf(port)).toBe("ab");
    expect(await answersOf(run.ports.appId, { "x-marathon-app-id": "/a-rival" })).toBe("c");
    expect((await run.status()).conflicts).toEqual([`/a-rival does not get the port ${port}, which is /web's`]);
  });

  test("goes on with what it has while Marathon is broken, and says so", async () => {
    marathon.fault = { status: 500 };
    marathon.emit("status_update_event");
    await until("its trouble", async () => (await run.status()).sources[0]?.trouble !== undefined);
    expect(await answersOf(port)).toBe("ab");
    marathon.fault = undefined;
    await until("its end", async () => (await run.status()).sources[0]?.trouble === undefined, 20_000);
  });

  test("lets another one take its place when somebody has removed its socket", async () => {
    const before = run.master;
    rmSync(join(run.folder, "haproxy.sock"));
    await until("another one", async () => run.master !== before && (await answersOf(port)) === "ab", 30_000);
    await until("the end of the first one", async () => !existsSync(`/proc/${before}`), 30_000);
    await run.carries(`web_${port}`, 2);
  });

  test("is started again when it is killed, with all that it had", async () => {
    const master = run.master;
    await run.stop();
    expect(await answersOf(port)).toBe("ab");
    await run.again();
    await run.carries(`web_${port}`, 2);
    expect(run.master).toBe(master);
    const worker = (await run.status()).haproxy?.pid ?? 0;
    for (const pid of [master, worker]) process.kill(pid, "SIGKILL");
    await until("another one", async () => run.master !== master && (await answersOf(port)) === "ab");
  });
});
