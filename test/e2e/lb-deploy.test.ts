import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import type { Json } from "../support/json.js";
import { LbRun } from "../support/lb-run.js";
import { freePort, PROGRAM } from "../support/server.js";
import { until } from "../support/wait.js";
import { WorkingMarathon } from "../support/working-marathon.js";

/** New versions of an app, and its clients meanwhile. */

const HOST = "127.0.0.1";
const CLIENTS = 12;

describe("a deployment", () => {
  let marathon: WorkingMarathon;
  let run: LbRun;
  let port: number;
  let backend: string;

  beforeAll(async () => {
    marathon = await WorkingMarathon.start();
    port = await freePort();
    backend = `shop_web_${port}`;
    run = await LbRun.start([marathon.url]);
  });
  afterAll(async () => {
    await run?.end();
    await marathon?.stop();
  });

  const definition = (extra: Json = {}) => ({
    id: "/shop/web",
    instances: 4,
    portDefinitions: [{ port, protocol: "tcp" }],
    healthChecks: [
      {
        protocol: "HTTP",
        path: "/health",
        portIndex: 0,
        intervalSeconds: 1,
        timeoutSeconds: 1,
        maxConsecutiveFailures: 1,
      },
    ],
    labels: {
      HAPROXY_GROUP: "external",
      HAPROXY_DEPLOYMENT_GROUP: "/shop/web",
      HAPROXY_DEPLOYMENT_ALT_PORT: String(port + 1),
    },
    ...extra,
  });

  function deploy(app: Json, ...flags: readonly string[]) {
    const file = join(run.folder, "app.json");
    writeFileSync(file, JSON.stringify(app));
    const where = ["-m", marathon.url, "-l", `http://${HOST}:${run.ports.stats}`, "-j", file];
    const words = [PROGRAM, "lb", "deploy", ...where, "-s", "1", ...flags];
    return runCommand(process.execPath, words, "", 55_000);
  }

  /** Asks all the time until what is to be done is done. @returns who answered, and what went wrong */
  async function asking<T>(work: () => Promise<T>) {
    const answers = new Map<string, number>();
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        const answer = await ask();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: CLIENTS }, client);
    const result = await work().finally(() => {
      isOver = true;
    });
    await Promise.all(clients);
    return { result, answers };
  }

  function ask(): Promise<string> {
    return new Promise((resolve) => {
      get({ host: HOST, port, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        response.on("error", (error) => resolve(String(error)));
        response.on("end", () => resolve(response.statusCode === 200 ? body : String(response.statusCode)));
      }).on("error", (error) => resolve(String(error)));
    });
  }

  test("of the first version creates it, in blue", async () => {
    const { code, stdout } = await deploy(definition(), "--force");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: "/shop/web-blue", instances: 4 });
    await run.carries(backend, 4);
    expect(await ask()).toBe("/shop/web-blue");
  });

  test("replaces blue by green without a failed request, and disturbs no task", async () => {
    const [hook, told] = [join(run.folder, "hook"), join(run.folder, "told")];
    writeFileSync(hook, `#!/bin/sh\nprintf '%s\\n' "$@" >> ${told}\n`);
    chmodSync(hook, 0o755);
    const { result, answers } = await asking(() => deploy(definition(), "--force", "--pre-kill-hook", hook));
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect([...answers.keys()].sort()).toEqual(["/shop/web-blue", "/shop/web-green"]);
    expect(marathon.counts).toEqual({ "/shop/web-green": 4 });
    expect(marathon.disturbed).toEqual([]);
    const [old, tasks, fresh] = readFileSync(told, "utf8").split("\n");
    expect(JSON.parse(old ?? "")).toMatchObject({ id: "/shop/web-blue", instances: 4 });
    expect(JSON.parse(tasks ?? "")).toEqual(["shop_web-blue.001"]);
    expect(JSON.parse(fresh ?? "")).toMatchObject({ id: "/shop/web-green", instances: 1 });
    await run.carries(backend, 4);
  });

  test("of a version that never becomes well ends with 9, and leaves the old one as it is", async () => {
    const broken = definition({ env: { BROKEN: "yes" } });
    const { result, answers } = await asking(() => deploy(broken, "--force", "--max-wait", "3"));
    expect(result.code).toBe(9);
    expect(result.stderr).toContain(
      "for 3 s nothing has got better: Marathon is deploying /shop/web-blue, of which 0 of 1 instances are well (LB_DEPLOY_STUCK)",
    );
    expect([...answers.keys()]).toEqual(["/shop/web-green"]);
    expect(marathon.counts).toEqual({ "/shop/web-green": 4, "/shop/web-blue": 1 });
    const again = await deploy(definition(), "--force");
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("LB_DEPLOY_UNFINISHED") });
    await fetch(`${marathon.url}/v2/apps/shop/web-blue`, { method: "DELETE" });
  });

  test("stops at a mix of versions, and goes back to the old one", async () => {
    const mixed = await asking(() => deploy(definition(), "--force", "--new-instances", "2"));
    expect(mixed.result, mixed.result.stderr).toMatchObject({ code: 0 });
    expect(marathon.counts).toEqual({ "/shop/web-green": 2, "/shop/web-blue": 2 });
    const back = await asking(() => deploy(definition(), "--force", "--complete-prev"));
    expect(back.result, back.result.stderr).toMatchObject({ code: 0 });
    expect(marathon.counts).toEqual({ "/shop/web-green": 4 });
    expect([...mixed.answers.keys(), ...back.answers.keys()].filter((name) => !name.startsWith("/shop/"))).toEqual([]);
    expect(marathon.disturbed).toEqual([]);
    await until("green alone", async () => (await ask()) === "/shop/web-green");
  });
});
