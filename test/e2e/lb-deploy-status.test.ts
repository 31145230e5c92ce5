import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import type { Json } from "../support/json.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort, PROGRAM } from "../support/server.js";

/** How `mesos-dns lb deploy` ends: the exit statuses that zdd.py has, and what was done before. */

const LABELS = { HAPROXY_DEPLOYMENT_GROUP: "web", HAPROXY_DEPLOYMENT_ALT_PORT: "10001" };
const APP = { id: "/web", instances: 2, ports: [10_000], labels: LABELS };
const HEAD = "# pxname,svname,qcur,scur,status,\n";

let marathon: ScriptedMarathon;
let balancer: Server;
let folder: string;
/** What the load balancer says of itself. */
let pids: string;
let stats: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-deploy-"));
  balancer = createServer((request, response) => {
    if (request.url === "/_haproxy_getpids") response.end(pids);
    else if (request.url === "/haproxy?stats;csv") response.end(`${HEAD}${stats}`);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => balancer.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  balancer.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  marathon = await ScriptedMarathon.start();
  pids = "12 34";
  stats = "";
});
afterEach(() => marathon.stop());

function version(colour: string, ports: readonly number[], target = 1): Json {
  const labels = {
    ...LABELS,
    HAPROXY_0_PORT: "10000",
    HAPROXY_DEPLOYMENT_COLOUR: colour,
    HAPROXY_DEPLOYMENT_STARTED_AT: colour === "blue" ? "2030-01-01T00:00:00" : "2030-01-02T00:00:00",
    HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(target),
  };
  return app(`/web-${colour}`, { labels, tasks: ports.map((port) => task("192.0.2.1", [port])) });
}

/** Marathon has these apps; what it is told to do it refuses. */
function has(apps: readonly Json[], refusal: Json = { message: "no" }): void {
  marathon.apps = apps;
  marathon.doing = ({ method, path }) => {
    if (method !== "GET") return { status: 422, state: refusal };
    const one = apps.find(({ id }) => path === `/v2/apps${String(id)}`);
    return one && { state: { app: one } };
  };
}

const written = () =>
  marathon.requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
const lbUrl = () => `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;

interface Given {
  readonly app?: Json | string;
  readonly lb?: string;
  readonly to?: string;
  readonly input?: string;
}

function deploy(flags: readonly string[], { app: given = APP, lb = lbUrl(), to = marathon.url, input }: Given = {}) {
  const file = join(folder, "app.json");
  writeFileSync(file, typeof given === "string" ? given : JSON.stringify(given));
  const words = [PROGRAM, "lb", "deploy", "-m", to, "-l", lb, "-j", file, "-s", "0", ...flags];
  return runCommand(process.execPath, words, input);
}

describe("a deployment", () => {
  test("that is not to be done prints the app, and changes nothing", async () => {
    has([version("blue", [1])]);
    const { code, stdout } = await deploy(["--dry-run"]);
    expect([code, written()]).toEqual([0, []]);
    expect(JSON.parse(stdout)).toMatchObject({ id: "/web-green", instances: 1, ports: [10_001] });
    expect(Object.keys(JSON.parse(stdout))).toEqual(["id", "instances", "labels", "ports"]);
  });

  test("asks before it begins, and ends with 1 after a no", async () => {
    has([]);
    const { code, stderr } = await deploy([], { input: "what?\nNo\nyes\n" });
    expect([code, written()]).toEqual([1, []]);
    expect(stderr.match(/Continue with the deployment\? \[Y\/n\]/gu)?.length).toBe(2);
    expect((await deploy([], { input: "" })).code).toBe(1);
  });

  test("asks before each step, and takes an empty line for a yes", async () => {
    marathon.doing = ({ method }) => (method === "POST" ? { status: 201, state: {} } : undefined);
    expect((await deploy([], { input: "\n" })).code).toBe(0);
    expect(written()).toEqual(["POST /v2/apps"]);
    has([version("blue", [1]), version("green", [2])]);
    stats = "web_10000,192_0_2_1_1,0,0,MAINT,\nweb_10000,192_0_2_1_2,0,0,UP,\n";
    const { code, stderr } = await deploy(["--resume"], { input: "n\n" });
    expect([code, written()]).toEqual([1, ["POST /v2/apps"]]);
    expect(stderr).toContain("/web-blue is to be deleted");
  });

  test("ends with 2 where the command line is not understood", async () => {
    expect(await deploy(["--new-instances", "few"])).toMatchObject({ code: 2 });
    const { code, stderr } = await runCommand(process.execPath, [PROGRAM, "lb", "deploy", "-m", marathon.url]);
    expect([code, stderr]).toEqual([2, "mesos-dns: lb deploy needs --marathon-lb; see mesos-dns --help (USAGE)\n"]);
  });

  test("ends with 3 where flags do not go together, or not with what there is", async () => {
    has([version("blue", [1])]);
    expect((await deploy(["--complete-cur", "--complete-prev"])).code).toBe(3);
    const { code, stderr } = await deploy(["--complete-cur"]);
    expect(code).toBe(3);
    expect(stderr).toContain("are for a mix of two versions, and only /web-blue is of the group");
  });

  test("ends with 4 where the app lacks something", async () => {
    const { code, stderr } = await deploy([], { app: { ...APP, labels: {} } });
    expect([code, stderr]).toEqual([
      4,
      "mesos-dns: the app cannot be deployed: it has no label HAPROXY_DEPLOYMENT_GROUP (LB_DEPLOY_APP)\n",
    ]);
    expect((await deploy([], { app: "{" })).code).toBe(4);
  });

  test("ends with 5 where a load balancer cannot be asked, before anything is created", async () => {
    has([version("blue", [1])]);
    const { code, stderr } = await deploy(["--force"], { lb: `http://127.0.0.1:${await freePort()}` });
    expect([code, written()]).toEqual([5, []]);
    expect(stderr).toContain("the load balancer at 127.0.0.1:");
    expect((await deploy(["--force"], { lb: `${lbUrl()}/elsewhere` })).code).toBe(5);
  });

  test("ends with 5 where a load balancer never ends reloading", async () => {
    has([version("blue", [1]), version("green", [2])]);
    pids = "1 2 3";
    const { code, stderr } = await deploy(["--resume", "--max-wait", "1"]);
    expect([code, written()]).toEqual([5, []]);
    expect(stderr).toContain("the load balancer at 127.0.0.1 is reloading all the time");
  });

  test("ends with 6 where Marathon cannot be asked, and logs in to it as it is told to", async () => {
    expect((await deploy([], { to: `http://127.0.0.1:${await freePort()}` })).code).toBe(6);
    marathon.requireBasic("deployer", "a:secret");
    const { code, stderr } = await deploy(["--dry-run"]);
    expect(code).toBe(6);
    expect(stderr).toContain("answered 401");
    expect((await deploy(["--dry-run", "--auth-credentials", "deployer:a:secret"])).code).toBe(0);
    const file = join(folder, "login");
    writeFileSync(file, "deployer:a:secret\n");
    expect((await deploy(["--dry-run", "--marathon-auth-credential-file", file])).code).toBe(0);
  });

  test("ends with 7 and Marathon's words where the app is not taken", async () => {
    const details = [{ path: "/cpus", errors: ["must be positive", "must be a number"] }];
    has([], { message: "Object is not valid", details });
    const { code, stderr } = await deploy(["--force"]);
    expect([code, written()]).toEqual([7, ["POST /v2/apps"]]);
    expect(stderr).toContain("answered 422 (Object is not valid; /cpus must be positive, must be a number)");
  });

  test("ends with 8 where the old version is not deleted", async () => {
    has([version("blue", [1]), version("green", [2])]);
    stats = "web_10000,192_0_2_1_1,0,0,MAINT,\nweb_10000,192_0_2_1_2,0,0,no check,\n";
    expect((await deploy(["--resume", "--force"])).code).toBe(8);
    expect(written()).toEqual(["DELETE /v2/apps/web-blue"]);
  });

  test("ends with 9 where a version is not scaled", async () => {
    has([version("blue", [1], 2), version("green", [2], 2)]);
    expect((await deploy(["--resume", "--force"])).code).toBe(9);
    expect(written()).toEqual(["PUT /v2/apps/web-green"]);
  });

  test("ends with 9 where no load balancer drains anything, and says so", async () => {
    has([version("blue", [1]), version("green", [2])]);
    stats = "web_10000,192_0_2_1_1,0,0,UP,\nweb_10000,192_0_2_1_2,0,0,UP,\n";
    const { code, stderr } = await deploy(["--resume", "--force", "--max-wait", "1"]);
    expect([code, written()]).toEqual([9, []]);
    expect(stderr).toContain("0 of 1 instances of /web-blue that are to go are drained (LB_DEPLOY_STUCK)");
  });

  test("does not wait longer than it may for connections to end", async () => {
    has([version("blue", [1]), version("green", [2])]);
    stats = "web_10000,192_0_2_1_1,0,7,MAINT,\nweb_10000,192_0_2_1_2,0,0,UP,\n";
    expect((await deploy(["--resume", "--force", "--max-wait", "1"])).code).toBe(8);
    expect(written()).toEqual(["DELETE /v2/apps/web-blue"]);
  });

  test("kills nothing if the hook says no, or cannot be started", async () => {
    has([version("blue", [1, 3], 2), version("green", [2], 2)]);
    stats = ["1,0,0,MAINT", "2,0,0,UP", "3,0,0,UP"].map((end) => `web_10000,192_0_2_1_${end},\n`).join("");
    for (const hook of ["/bin/false", join(folder, "absent")]) {
      const { code, stderr } = await deploy(["--resume", "--force", "--pre-kill-hook", hook]);
      expect([code, written()]).toEqual([2, []]);
      expect(stderr).toContain("(LB_DEPLOY_HOOK)");
    }
    expect((await deploy(["--resume", "--force", "--pre-kill-hook", "/bin/true"])).code).toBe(9);
    expect(written()).toEqual(["POST /v2/tasks/delete"]);
    expect(marathon.requests.at(-1)).toMatchObject({ query: "scale=true", body: '{"ids":["web-blue.0"]}' });
  });
});
