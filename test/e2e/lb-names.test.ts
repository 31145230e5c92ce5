import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { Authority } from "../support/certificates.js";
import { NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort, PROGRAM } from "../support/server.js";
import { until } from "../support/wait.js";

/** The program under the names of those that it replaces, called as their users call them. */

let marathon: ScriptedMarathon;
let root: string;
beforeAll(async () => {
  marathon = await ScriptedMarathon.start();
  root = mkdtempSync(join(tmpdir(), "mesos-dns-names-"));
  await runCommand(process.execPath, [PROGRAM, "lb", "link", root]);
});
afterAll(async () => {
  await marathon?.stop();
  rmSync(root, { recursive: true, force: true });
});

/** A machine with nothing on it. */
function machine(): string {
  const path = mkdtempSync(join(tmpdir(), "mesos-dns-machine-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** HAProxy's service on such a machine, which notes that it is reloaded. */
function withService(path: string): string {
  const calls = join(path, "calls");
  write(join(path, "etc/init.d/haproxy"), `#!/bin/sh\necho "$@" >> ${calls}\n`, 0o755);
  return calls;
}

interface Called {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function call(name: string, words: readonly string[], { at = machine(), env = {} } = {}): Promise<Called> {
  return new Promise((resolve) => {
    const child = spawn(join(root, name), words, { cwd: at, env: { ...process.env, LB_SYSTEM_ROOT: at, ...env } });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (said.stderr += text));
    child.once("close", (code) => resolve({ code, ...said }));
  });
}

const host = () => marathon.url.replace("http://", "");
const GROUP = { HAPROXY_GROUP: "external" };
const web = (labels = {}) => app("/web", { labels: { ...GROUP, ...labels }, tasks: [task("192.0.2.1", [31_000])] });

test("lb link makes a link for each name, again as well, and leaves what is no link of ours", async () => {
  const folder = machine();
  const link = () => runCommand(process.execPath, [PROGRAM, "lb", "link", folder]);
  expect((await link()).code).toBe(0);
  const target = readlinkSync(join(folder, "bamboo"));
  for (const name of ["haproxy-marathon-bridge", "servicerouter.py", "marathon_lb.py", "marathon-lb", "zdd.py"]) {
    expect(readlinkSync(join(folder, name))).toBe(target);
  }
  expect((await link()).code).toBe(0);
  rmSync(join(folder, "bamboo"));
  rmSync(join(folder, "marathon-lb"));
  writeFileSync(join(folder, "bamboo"), "somebody's");
  const { code, stderr } = await link();
  expect(code).toBe(1);
  expect(stderr).toContain(`${folder}/bamboo is there already, and no link to this program`);
  expect(readFileSync(join(folder, "bamboo"), "utf8")).toBe("somebody's");
  expect(existsSync(join(folder, "marathon-lb"))).toBe(false);
  rmSync(join(folder, "bamboo"));
  symlinkSync("/bin/true", join(folder, "bamboo"));
  expect((await link()).code).toBe(1);
});

test("haproxy-marathon-bridge prints the configuration for the Marathons that it is given or that were noted", async () => {
  const at = machine();
  marathon.tasksText = "web\t10000\t192.0.2.1:31000\t\n";
  const printed = await call("haproxy-marathon-bridge", [host()], { at });
  expect(printed.stdout).toContain("listen web-10000\n  bind 0.0.0.0:10000\n");
  expect(printed.stdout).toContain("  server web-1 192.0.2.1:31000 check\n");
  write(join(at, "etc/haproxy-marathon-bridge/marathons"), `${host()}\n`);
  expect((await call("haproxy-marathon-bridge", [], { at })).stdout).toBe(printed.stdout);
  const usage = await call("haproxy-marathon-bridge", []);
  expect([usage.code, usage.stderr]).toEqual([1, expect.stringContaining("needs HOST:PORT of Marathons")]);
});

test("all other names print the help", async () => {
  for (const name of ["servicerouter.py", "marathon_lb.py", "marathon-lb", "zdd.py", "bamboo"]) {
    const help = await call(name, ["--help"]);
    expect([name, help.code, help.stderr]).toEqual([name, 0, ""]);
    expect(help.stdout).toContain("Usage: mesos-dns");
  }
});

test("refresh_system_haproxy writes and reloads what has changed, and nothing else", async () => {
  const at = machine();
  const calls = withService(at);
  marathon.apps = [web()];
  marathon.tasksText = "web\t10000\t192.0.2.1:31000\t\n";
  const refresh = () => call("haproxy-marathon-bridge", ["logged", "refresh_system_haproxy", host()], { at });
  expect(await refresh()).toMatchObject({ code: 0 });
  const file = join(at, "etc/haproxy/haproxy.cfg");
  expect(readFileSync(file, "utf8")).toContain("server web-1 192.0.2.1:31000 check");
  expect(readFileSync(calls, "utf8")).toBe("reload\n");
  await refresh();
  expect(readFileSync(calls, "utf8")).toBe("reload\n");
  marathon.fault = { status: 500 };
  onTestFinished(() => {
    marathon.fault = undefined;
  });
  expect((await refresh()).code).toBe(1);
  expect(readFileSync(file, "utf8")).toContain("server web-1");
});

test("install_cronjob has a unit follow the Marathons, and takes the cron job away", async () => {
  const at = machine();
  write(join(at, "etc/cron.d/haproxy-marathon-bridge"), "* * * * * root something\n");
  const { code, stderr } = await call("haproxy-marathon-bridge", ["install_cronjob", "m1.example.com:8080", host()], {
    at,
  });
  expect(code).toBe(0);
  expect(readFileSync(join(at, "etc/haproxy-marathon-bridge/marathons"), "utf8")).toBe(
    `m1.example.com:8080\n${host()}\n`,
  );
  expect(existsSync(join(at, "etc/cron.d/haproxy-marathon-bridge"))).toBe(false);
  expect(stderr).toContain("is taken away, which had: * * * * * root something");
  const unit = readFileSync(join(at, "etc/systemd/system/haproxy-marathon-bridge.service"), "utf8");
  expect(unit).toContain("lb run --format bridge");
  // Without arguments it keeps what it has, and the header over haproxy.cfg is history.
  expect((await call("haproxy-marathon-bridge", ["install_cronjob"], { at })).code).toBe(0);
  expect(existsSync(join(at, "etc/haproxy/haproxy.cfg"))).toBe(false);
});

/** Without Lua, which this machine has not. */
const HEAD =
  "global\\n  stats socket /tmp/none expose-fd listeners\\ndefaults\\n  timeout connect 1s\\n  timeout client 9s\\n  timeout server 9s\\n";
const PLAIN = { HAPROXY_HEAD: HEAD, HAPROXY_HTTPS_FRONTEND_HEAD: "\\nfrontend marathon_https_in\\n  mode http\\n" };

test("marathon_lb.py takes every flag of marathon-lb's, updates once and ends, and warns of those without effect", async () => {
  const at = machine();
  const file = join(at, "haproxy.cfg");
  const calls = join(at, "calls");
  write(join(at, "reload"), `#!/bin/sh\necho "$@" >> ${calls}\n`, 0o755);
  marathon.apps = [web({ HAPROXY_0_VHOST: "www.example.com" })];
  const words = ["-m", marathon.url, "http://192.0.2.254:1", "--group", "external", "--haproxy-config", file];
  const more = ["--command", `${at}/reload 'a b' c`, "--max-reload-retries", "-1", "--reload-interval", "3"];
  const rest = [
    "--archive-versions",
    "2",
    "--lru-cache-capacity",
    "9",
    "--max-backoff",
    "9",
    "--syslog-socket",
    "/dev/null",
  ];
  const last = [
    "--log-format",
    "x",
    "--log-level",
    "INFO",
    "--skip-config-cleanup",
    "--strict-mode",
    "--haproxy-map",
    "-H",
  ];
  const { code, stderr } = await call("marathon_lb.py", [...words, ...more, ...rest, ...last], { at, env: PLAIN });
  expect(code).toBe(0);
  expect(stderr.match(/^--[a-z-]+ has no effect: /gmu)?.length).toBe(9);
  // Strict mode: no service is enabled.
  expect(readFileSync(file, "utf8")).not.toContain("web_10000");
  expect(readFileSync(calls, "utf8")).toBe("a b c\n");
  const again = await call("marathon_lb.py", [...words, "--command", `${at}/reload x`], { at, env: PLAIN });
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("has read its configuration again")]);
  expect(readFileSync(file, "utf8")).toContain("acl host_www_example_com_web hdr(host) -i www.example.com");
});

test("marathon_lb.py --dry prints, and asks for a group", async () => {
  marathon.apps = [web()];
  const words = ["--marathon", marathon.url, "--dry"];
  expect((await call("marathon-lb", [...words, "--group", "external"])).stdout).toContain("backend web_10000");
  const { code, stderr } = await call("marathon-lb", words);
  expect([code, stderr]).toEqual([1, expect.stringContaining("--group is required")]);
});

/** Under a name that goes on until it is ended; nothing of it is at a port that others have. */
async function started(name: string, words: readonly string[], at: string, env = {}) {
  const child = spawn(join(root, name), words, {
    env: { ...process.env, LB_SYSTEM_ROOT: at, MESOS_DNS_LB_LISTEN: `127.0.0.1:${await freePort()}`, ...env },
    cwd: at,
  });
  onTestFinished(() => void child.kill());
  const said = { stderr: "" };
  child.stderr.setEncoding("utf8").on("data", (text) => (said.stderr += text));
  return said;
}

test("marathon-lb sse is its image: a HAProxy of its own, with the certificates and the login of the environment", async () => {
  const at = machine();
  const { cert, key } = await Authority.create(at, "ca");
  const pem = readFileSync(cert, "utf8") + readFileSync(key, "utf8");
  const server = await NamedServer.start("a");
  onTestFinished(() => server.stop());
  const [https, http, ids] = [await freePort(), await freePort(), await freePort()];
  const frontend = (name: string, port: number, tls = "") =>
    `\\nfrontend ${name}\\n  bind 127.0.0.1:${port}${tls}\\n  mode http\\n`;
  const env = {
    ...PLAIN,
    HAPROXY_HTTPS_FRONTEND_HEAD: frontend("https", https, " ssl {sslCerts}"),
    HAPROXY_HTTP_FRONTEND_HEAD: frontend("http", http),
    HAPROXY_HTTP_FRONTEND_APPID_HEAD: frontend("ids", ids),
    HAPROXY_SSL_CERT: pem.replaceAll("\n", "\\n"),
    HAPROXY_SSL_CERT7: pem,
    HAPROXY_SYSCTL_PARAMS: "net.core.somaxconn=1",
    PORTS: "9090",
    MARATHON_USER: "ada",
    MARATHON_PASSWORD: "secret",
  };
  const labels = { ...GROUP, HAPROXY_0_VHOST: "www.example.com" };
  marathon.apps = [app("/web", { ports: [await freePort()], labels, tasks: [task("127.0.0.1", [server.port])] })];
  marathon.requireBasic("ada", "secret");
  onTestFinished(() => marathon.requireAuthorization(undefined));
  const said = await started("marathon-lb", ["sse", "--marathon", marathon.url, "--group", "external"], at, env);
  const pid = join(at, "marathon-lb/haproxy.pid");
  onTestFinished(() => void (existsSync(pid) && process.kill(Number(readFileSync(pid, "utf8")), "SIGTERM")));
  const answer = () =>
    new Promise<string>((resolve) => {
      const asked = get(
        { host: "127.0.0.1", port: https, servername: "www.example.com", rejectUnauthorized: false },
        (response) => response.once("data", (body) => resolve(String(body))),
      );
      asked.once("error", () => resolve(""));
    });
  await until("the app over TLS", async () => (await answer()) === "a" || Promise.reject(new Error(said.stderr)));
  expect(readFileSync(join(at, "etc/ssl/cert7.pem"), "utf8")).toBe(pem);
  expect(said.stderr).toContain("HAPROXY_SYSCTL_PARAMS has no effect");
});

test("marathon_lb.py --sse goes on, and marathon-lb logs in as it is told", async () => {
  const at = machine();
  withService(at);
  const listen = join(at, "haproxy.cfg");
  marathon.apps = [web()];
  marathon.requireBasic("ada", "se:cret");
  onTestFinished(() => marathon.requireAuthorization(undefined));
  const words = ["--marathon", marathon.url, "--sse", "--group", "external", "--haproxy-config", listen];
  await started("marathon-lb", [...words, "--auth-credentials", "ada:se:cret"], at, PLAIN);
  const config = () => (existsSync(listen) ? readFileSync(listen, "utf8") : "");
  await until("the first", () => config().includes("192.0.2.1:31000"));
  marathon.apps = [app("/web", { labels: GROUP, tasks: [task("192.0.2.2", [31_000])] })];
  marathon.emit("status_update_event");
  await until("the second", () => config().includes("192.0.2.2:31000"), 20_000);
});

test("servicerouter.py reads settings from the environment of apps, needs no group, and nothing of Lua", async () => {
  const at = machine();
  const calls = withService(at);
  const file = join(at, "haproxy.cfg");
  write(join(at, "templates/HAPROXY_HTTPS_FRONTEND_HEAD"), "\nfrontend marathon_https_in\n  mode http\n");
  const env = { HAPROXY_0_VHOST: "www.example.com", HAPROXY_0_STICKY: "true" };
  marathon.apps = [app("/web", { tasks: [task("192.0.2.1", [31_000])], extra: { env } })];
  const words = ["--marathon", marathon.url, "--haproxy-config", file, "--listening", "http://192.0.2.9:1"];
  const { code, stderr } = await call("servicerouter.py", words, { at });
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining("--listening has no effect: events come by a stream now"),
  ]);
  const text = readFileSync(file, "utf8");
  expect(text).toContain("hdr(host) -i www.example.com");
  expect(text).toContain("cookie mesosphere_server_id");
  expect(text).toContain("bind *:81");
  expect(text).not.toContain("lua");
  expect(readFileSync(calls, "utf8")).toBe("reload\n");
});

test("bamboo reads its own configuration and environment", async () => {
  const at = machine();
  const [bind, zookeeper] = [await freePort(), await freePort()];
  write(
    join(at, "production.json"),
    JSON.stringify({
      marathon: { endpoint: "http://192.0.2.254:1" },
      Bamboo: {
        Endpoint: "http://x",
        Zookeeper: { Host: `127.0.0.1:${zookeeper}`, Path: "/rules", ReportingDelay: 5 },
      },
      HAProxy: {
        TemplatePath: join(at, "t.cfg"),
        OutputPath: join(at, "out.cfg"),
        ReloadCommand: "true",
        ReloadValidationCommand: "haproxy -c -f {{.}}",
      },
    }),
  );
  write(join(at, "t.cfg"), "global\n");
  const words = ["-config", "production.json", "-bind", `127.0.0.1:${bind}`, "-log", "x"];
  const said = await started("bamboo", words, at, { MARATHON_ENDPOINT: marathon.url });
  await until("its API", () =>
    fetch(`http://127.0.0.1:${bind}/status`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  expect(said.stderr).toContain("-log has no effect");
  expect(said.stderr).toContain("ReportingDelay has no effect");
  // Without its rules, nothing is written: they are not known to be none.
  expect(await (await fetch(`http://127.0.0.1:${bind}/api/services`)).text()).toContain("the rules in ZooKeeper");
  expect(existsSync(join(at, "out.cfg"))).toBe(false);
});
