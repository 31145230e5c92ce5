import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { answersOf } from "../support/lb-ask.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** A HAProxy that has to be started while one app's port cannot be had: all other apps are served. */

const HOST = "127.0.0.1";
const LABELS = { HAPROXY_GROUP: "external", HAPROXY_0_MODE: "http" };
/** It is tried again every 15 s. */
const AGAIN_MS = 40_000;

let marathon: ScriptedMarathon;
let server: NamedServer;

beforeAll(async () => {
  marathon = await ScriptedMarathon.start();
  server = await NamedServer.start("a");
});
afterAll(async () => {
  server?.stop();
  await marathon?.stop();
});

describe("a HAProxy that has to be started", () => {
  let port: number;
  let other: number;
  beforeEach(async () => {
    port = await freePort();
    other = await freePort();
  });

  const web = (id: string, at: number, labels = {}) =>
    app(id, { ports: [at], labels: { ...LABELS, ...labels }, tasks: [task(HOST, [server.port])] });

  async function started(...apps: readonly ReturnType<typeof app>[]): Promise<LbRun> {
    marathon.apps = apps;
    const run = await LbRun.start([marathon.url]);
    onTestFinished(() => run.end());
    return run;
  }

  /** Both apps are there, and one cannot have its port. */
  async function servesAllBut(run: LbRun, id: string, why: string) {
    await until("the other app", async () => (await answersOf(port)) === "a");
    await until(
      "the app by its id",
      async () => (await answersOf(run.ports.appId, { "x-marathon-app-id": id })) === "a",
    );
    await until("rest", async () => (await run.status()).isSettled);
    const { unbindable, conflicts, trouble } = await run.status();
    expect(trouble).toBeUndefined();
    expect(Object.entries(unbindable)).toEqual([[String(other), expect.stringContaining(why)]]);
    expect(conflicts).toEqual([expect.stringMatching(new RegExp(`^${id} does not get the port ${other}`, "u"))]);
    expect(run.log).toContain(`nobody can listen at port ${other}: `);
    expect(run.haproxyConfig).not.toContain(`:${other}\n`);
  }

  async function servesBoth(run: LbRun) {
    await until("the port", async () => (await answersOf(other).catch(() => "")) === "a", AGAIN_MS);
    await until("that all is well", async () => Object.keys((await run.status()).unbindable).length === 0);
    expect(await answersOf(port)).toBe("a");
  }

  test("for the first time, serves all apps but the one whose port is taken, and that one when it is free", async () => {
    const stranger = await listenAt(other);
    const run = await started(web("/web", port), web("/taken", other));
    await servesAllBut(run, "/taken", "another program of this node listens there");
    stranger.close();
    await servesBoth(run);
  });

  test("for the first time, serves all apps but the one whose address is not this machine's", async () => {
    const run = await started(web("/web", port), web("/far", other, { HAPROXY_0_BIND_ADDR: "192.0.2.77" }));
    await servesAllBut(run, "/far", "the address is not this node's");
  });

  test("after it was killed, serves all apps but the one whose port was taken meanwhile", async () => {
    const run = await started(web("/web", port), web("/taken", other));
    await servesBoth(run);
    const { master } = run;
    // It cannot be started before the port is taken.
    run.signal("SIGSTOP");
    const worker = (await run.ask("show info")).match(/^Pid: (\d+)$/mu)?.[1];
    for (const pid of [master, Number(worker)]) process.kill(pid, "SIGKILL");
    const stranger = await until("the port that is let go", () => listenAt(other));
    run.signal("SIGCONT");
    await until("another one", () => run.master !== master);
    await servesAllBut(run, "/taken", "another program of this node listens there");
    stranger.close();
    await servesBoth(run);
  });
});

async function listenAt(port: number): Promise<Server> {
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => stranger.once("error", reject).listen(port, "0.0.0.0", resolve));
  onTestFinished(() => void stranger.close());
  return stranger;
}
