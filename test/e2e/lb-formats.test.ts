import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { answerAt, LbRun, NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** The formats of the programs that are replaced, each with a HAProxy of its own: what clients meet when things change. */

const HOST = "127.0.0.1";
const GROUP = { HAPROXY_GROUP: "external" };

let servers: NamedServer[];
let marathon: ScriptedMarathon;
beforeAll(async () => {
  servers = await Promise.all(["a", "b"].map((name) => NamedServer.start(name)));
  marathon = await ScriptedMarathon.start();
});
afterAll(async () => {
  await marathon?.stop();
  for (const server of servers ?? []) server.stop();
});

const portOf = (name: string) => servers.find((server) => server.name === name)?.port ?? 0;
const tasksOf = (names: string) => Array.from(names, (name) => task(HOST, [portOf(name)], { id: `t.${name}` }));
const answers = (port: number, headers = {}) =>
  answerAt(port, headers).then(
    (text) => text,
    () => "nobody",
  );

async function lead(apps: ScriptedMarathon["apps"]) {
  marathon.apps = apps;
  marathon.emit("status_update_event");
}

/** A file of a test's own. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mesos-dns-formats-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("format marathon-lb", () => {
  /** Without Lua, and with ports of the test's own. */
  function templates(http: number, appId: number, stats: number): string {
    const path = folder();
    const head = `global\n  stats socket ${path}/sock expose-fd listeners\ndefaults\n  timeout connect 3s\n  timeout client 30s\n  timeout server 30s\nlisten stats\n  bind ${HOST}:${stats}\n  mode http\n  stats enable\n`;
    writeFileSync(join(path, "HAPROXY_HEAD"), head);
    writeFileSync(
      join(path, "HAPROXY_HTTP_FRONTEND_HEAD"),
      `\nfrontend http_in\n  bind ${HOST}:${http}\n  mode http\n`,
    );
    writeFileSync(
      join(path, "HAPROXY_HTTP_FRONTEND_APPID_HEAD"),
      `\nfrontend ids\n  bind ${HOST}:${appId}\n  mode http\n`,
    );
    writeFileSync(join(path, "HAPROXY_HTTPS_FRONTEND_HEAD"), "\nfrontend none\n  mode http\n");
    return path;
  }

  async function started(lb = {}) {
    const [http, ids, stats, port] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const templatesDir = templates(http, ids, stats);
    const web = (names: string, labels = {}) =>
      app("/web", {
        ports: [port],
        labels: { ...GROUP, HAPROXY_0_VHOST: "www.example.com", ...labels },
        tasks: tasksOf(names),
      });
    await lead([web("a")]);
    const run = await LbRun.start([marathon.url], { format: "marathon-lb", templatesDir, ...lb });
    onTestFinished(() => run.end());
    return { run, http, ids, port, templatesDir, web };
  }

  test("reaches services as marathon-lb has them, and follows", async () => {
    const { run, http, ids, port, web } = await started();
    await until("a", async () => (await answers(port)) === "a");
    expect(await answers(http, { host: "www.example.com" })).toBe("a");
    expect(await answers(ids, { "x-marathon-app-id": "/web" })).toBe("a");
    await lead([web("b")]);
    await until("b", async () => (await answers(port)) === "b");
    await until("its end", async () => (await run.status()).isSettled);
    const { services, refused } = await run.status();
    expect(services).toMatchObject([
      {
        backend: `web_${port}`,
        app: "/web",
        hosts: ["www.example.com"],
        servers: [{ task: "t.b", state: "configured" }],
      },
    ]);
    expect(refused).toEqual([]);
    expect(await run.reloads()).toBe(1);
    expect(await run.metric("mesos_dns_lb_servers")).toBe(1);
  });

  test("writes and reloads nothing while nothing changes, also when it is started again", async () => {
    const { run, port } = await started();
    await until("a", async () => (await answers(port)) === "a");
    const { master } = run;
    marathon.emit("status_update_event");
    await run.stop();
    expect(await answers(port)).toBe("a");
    await run.again();
    await until("its look", async () => (await run.status()).isSettled && (await run.status()).services.length > 0);
    expect([run.master, await run.reloads()]).toEqual([master, 0]);
  });

  test("keeps the last good stanza of an app that HAProxy refuses, with its servers of now, and names it", async () => {
    const { run, port, web } = await started();
    const other = await freePort();
    await until("a", async () => (await answers(port)) === "a");
    const rest = app("/other", { ports: [other], labels: GROUP, tasks: tasksOf("a") });
    const broken = { HAPROXY_0_BACKEND_HEAD: "backend {backend}\n  nonsense\n" };
    await lead([web("b", broken), rest]);
    await until("the other one", async () => (await answers(other)) === "a");
    expect(await answers(port)).toBe("b");
    await until("the refusal", async () => (await run.status()).refused.length > 0);
    const [refused, ...more] = (await run.status()).refused;
    expect(refused).toMatchObject({ appId: "/web", isKept: true, reason: expect.stringContaining("nonsense") });
    expect(more).toEqual([]);
    expect(await run.metric("mesos_dns_lb_refused")).toBe(1);
    expect(run.log).toContain("/web: its service 0 is refused, and goes on as it was");
    expect((await run.command("status")).stdout).toContain("refused: service 0 of /web, which goes on as it was");
    // Over a restart as well.
    await run.stop();
    await run.again();
    await until("its look", async () => (await run.status()).refused.length === 1);
    expect(await answers(port)).toBe("b");
    await lead([web("b"), rest]);
    await until("the end of the refusal", async () => (await run.status()).refused.length === 0);
  });

  test("goes on without the port that another program has", async () => {
    const { run, port, web } = await started();
    await until("a", async () => (await answers(port)) === "a");
    const other = createServer().listen(0, "0.0.0.0");
    onTestFinished(() => void other.close());
    await until("a listener", () => other.listening);
    const taken = (other.address() as { port: number }).port;
    await lead([web("b"), app("/taken", { ports: [taken], labels: GROUP, tasks: tasksOf("a") })]);
    await until("b", async () => (await answers(port)) === "b");
    await until("the refusal", async () => (await run.status()).refused.length > 0);
    expect((await run.status()).refused).toMatchObject([
      { appId: "/taken", isKept: false, reason: expect.stringContaining(`nobody can listen at 0.0.0.0:${taken}`) },
    ]);
  });

  test("says which file of Lua is missing, and what to do", async () => {
    const { run, templatesDir, web } = await started();
    const file = join(templatesDir, "HAPROXY_HEAD");
    await run.stop();
    writeFileSync(file, readFileSync(file, "utf8").replace("global\n", "global\n  lua-load /nowhere/getpids.lua\n"));
    await lead([web("a")]);
    await run.again();
    await until("its trouble", async () => (await run.status()).trouble !== undefined);
    expect((await run.status()).trouble).toMatch(
      /^\/nowhere\/getpids\.lua is not there.*a HEAD without lua-load lines/u,
    );
  });

  test("starts HAProxy again when it is killed, with what it had", async () => {
    const { run, port } = await started();
    await until("a", async () => (await answers(port)) === "a");
    const { master } = run;
    const children = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ");
    for (const pid of [master, ...children.map(Number)]) process.kill(pid, "SIGKILL");
    await until("another one", async () => run.master !== master && (await answers(port)) === "a");
  });

  test("has the system's HAProxy reloaded by a command, and puts the former file back when that fails", async () => {
    const path = folder();
    const calls = join(path, "calls");
    const command = join(path, "reload.sh");
    writeFileSync(command, `#!/bin/sh\necho "$@" >> ${calls}\ntest ! -e ${path}/fails\n`, { mode: 0o755 });
    const { web, run } = await started({
      haproxy: { manage: false, configFile: join(path, "haproxy.cfg"), reloadCommand: [command, "a b", "c"] },
    });
    const config = () => readFileSync(join(path, "haproxy.cfg"), "utf8");
    await until("the first one", async () => (await run.reloads()) === 1);
    expect(readFileSync(calls, "utf8")).toBe("a b c\n");
    expect(config()).toContain(`server 127_0_0_1_${portOf("a")}`);
    writeFileSync(join(path, "fails"), "");
    await lead([web("b")]);
    await until("the failure", async () => (await run.status()).trouble !== undefined);
    expect((await run.status()).trouble).toContain("has failed with status 1");
    expect(config()).toContain(`server 127_0_0_1_${portOf("a")}`);
    rmSync(join(path, "fails"));
    await until("the second one", async () => config().includes(`server 127_0_0_1_${portOf("b")}`), 20_000);
  });
});

test("format bridge carries every app of the text answer, without one whose agent has no address", async () => {
  const [one, two] = [await freePort(), await freePort()];
  const line = (name: string, port: number, ...at: string[]) => `${[name, port, ...at].join("\t")}\t\n`;
  marathon.tasksText = `portless\t \n${line("one", one, `${HOST}:${portOf("a")}`)}${line("two", two, `${HOST}:${portOf("a")}`)}`;
  await lead([app("/one", { tasks: tasksOf("a") })]);
  const run = await LbRun.start([marathon.url], { format: "bridge" });
  onTestFinished(() => run.end());
  await until("a", async () => (await answers(one)) === "a");
  marathon.tasksText = line("one", one, `${HOST}:${portOf("b")}`) + line("two", two, "agent.invalid:31000");
  await lead([app("/one", { tasks: tasksOf("b") })]);
  await until("b", async () => (await answers(one)) === "b");
  expect(await answers(two)).toBe("a");
  await until("the refusal", async () => (await run.status()).refused.length === 1);
  expect((await run.status()).refused).toMatchObject([
    { appId: "two", isKept: true, reason: expect.stringContaining("agent.invalid") },
  ]);
  expect((await run.status()).services).toMatchObject([
    { backend: `one-${one}`, servers: [{ name: "one-1", task: `${HOST}:${portOf("b")}` }] },
    { backend: `two-${two}` },
  ]);
  const reloads = await run.reloads();
  writeFileSync(join(run.folder, "haproxy.cfg"), run.haproxyConfig.replace("listen one-", "listen other-"));
  run.signal("SIGUSR1");
  await until("the former file", () => run.haproxyConfig.includes("listen one-"));
  await until("its reload", async () => (await run.reloads()) === reloads + 1);
  expect(run.log).toContain("haproxy.cfg is not what was written last: it is written again");
  // Over a restart as well, also one that was killed before HAProxy had read what is written.
  await run.stop("SIGKILL");
  writeFileSync(join(run.folder, "mesos-dns-lb.changing"), "");
  await run.again();
  await until("the reload", async () => (await run.reloads()) === 1);
  await until("its end", () => !existsSync(join(run.folder, "mesos-dns-lb.changing")));
  expect((await run.status()).refused).toMatchObject([{ appId: "two", isKept: true }]);
  expect([await answers(one), await answers(two)]).toEqual(["b", "a"]);
});

describe("format bamboo", () => {
  async function started(bamboo = {}) {
    const api = await freePort();
    const path = folder();
    await lead([app("/shop", { tasks: tasksOf("a") }), app("/blog", { tasks: tasksOf("b") })]);
    const udp = createSocket("udp4");
    const lines: string[] = [];
    udp.on("message", (line) => lines.push(String(line))).bind(0, HOST);
    onTestFinished(() => void udp.close());
    await until("a socket", () => lines.length === 0 && Boolean(udp.address().port));
    const run = await LbRun.start([marathon.url], {
      format: "bamboo",
      bamboo: { listen: `${HOST}:${api}`, file: join(path, "rules.json"), ...bamboo },
      statsd: { host: `${HOST}:${udp.address().port}`, prefix: "bamboo-server" },
    });
    onTestFinished(() => run.end());
    const put = (id: string, acl: string) =>
      fetch(`http://${HOST}:${api}/api/services`, { method: "POST", body: JSON.stringify({ id, acl }) });
    return { run, api, put, lines, path };
  }

  test("carries apps as its rules say, from when one is stored", async () => {
    const { run, api, put, lines } = await started();
    const shop = () => answers(run.ports.http, { host: "shop.example.com" });
    await until("nobody's", async () => (await shop()) === "503");
    expect(await (await fetch(`http://${HOST}:${api}/status`)).text()).toBe("OK");
    expect((await put("/shop", "hdr(host) -i shop.example.com")).status).toBe(200);
    await until("a", async () => (await shop()) === "a");
    await lead([app("/shop", { tasks: tasksOf("b") })]);
    await until("b", async () => (await shop()) === "b");
    const { headers } = await fetch(`http://${HOST}:${api}/`);
    expect(headers.get("content-type")).toContain("text/html");
    await until("the counts", () =>
      lines.some((line) => line.startsWith("bamboo-server.haproxy.reload.marathon.duration:")),
    );
    for (const name of ["restart", "callback.marathon", "reload.domain", "haproxy.reload.marathon.reloaded"]) {
      expect(lines).toContain(`bamboo-server.${name}:1|c`);
    }
  });

  test("refuses a rule that HAProxy refuses, in its words", async () => {
    const { run, put } = await started();
    await until("nobody's", async () => (await answers(run.ports.http)) === "503");
    const response = await put("/shop", "nonsense(host) x");
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/^HAProxy refuses the rule: .*nonsense/u);
    expect(run.haproxyConfig).not.toContain("nonsense");
  });

  test("makes an app reachable below its id where that is configured, and no other way than its stanza", async () => {
    const { run } = await started({ defaultRule: true });
    const hostile = { healthChecks: [{ protocol: "HTTP", path: "/\n  stats admin\nfrontend x", portIndex: 0 }] };
    await lead([app("/shop", { tasks: tasksOf("a"), extra: hostile }), app("/blog", { tasks: tasksOf("b") })]);
    const at = (path: string) => fetch(`http://${HOST}:${run.ports.http}${path}`).then((response) => response.text());
    await until("b", async () => (await at("/blog").catch(() => "")) === "b");
    expect(run.haproxyConfig).not.toMatch(/^\s*(?:stats admin|frontend x)/mu);
  });

  test("goes on without an app for which the template cannot be filled in", async () => {
    const path = folder();
    const template = join(path, "template.cfg");
    const port = await freePort();
    writeFileSync(
      template,
      `defaults\n  mode http\n  timeout connect 1s\n  timeout client 9s\n  timeout server 9s\n{{ range .Apps }}listen {{ .EscapedId }}\n  bind ${HOST}:{{ index .ServicePorts 1 }}\n{{ $id := .EscapedId }}{{ range .Tasks }}  server {{ .Host }}-{{ .Port }} {{ .Host }}:{{ .Port }}\n{{ end }}{{ end }}`,
    );
    const { run } = await started({ template });
    await lead([
      app("/shop", { ports: [port], tasks: tasksOf("a") }),
      app("/two", { ports: [1, port], tasks: tasksOf("b") }),
    ]);
    await until("b", async () => (await answers(port)) === "b");
    await until("the refusal", async () => (await run.status()).refused.length > 0);
    expect((await run.status()).refused).toMatchObject([
      { appId: "/shop", reason: expect.stringContaining("index out of range") },
    ]);
  });
});
