import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTarget } from "../support/haproxy-plane.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import { freePort, Server } from "../support/server.js";
import { type Instance, stateOf, VipsRun } from "../support/vip-node.js";
import { until } from "../support/wait.js";

const RANGE = "127.11.7.0-127.11.7.254";

/** The name of whoever answers at an address; the error's code if nobody does. */
function ask(at: string): Promise<string> {
  const [host, port] = at.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.on("data", (text) => {
      resolve(text.toString().trim());
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.on("close", () => resolve("closed"));
  });
}

const asked = async (at: string, count = 20) =>
  new Set(await Promise.all(Array.from({ length: count }, () => ask(at))));

/** Process ids. */
function haproxies(folder: string): Set<string> {
  const { stdout } = spawnSync("pgrep", ["-f", `${folder}/vips.cfg`], { encoding: "utf8" });
  return new Set(stdout.split("\n").filter((pid) => pid !== ""));
}

describe("a node that carries virtual addresses", () => {
  let master: ScriptedMaster;
  let server: Server;
  let node: VipsRun;
  let web: string;
  const lead = (...instances: Instance[]) => master.lead(stateOf(instances));

  beforeAll(async () => {
    master = await ScriptedMaster.start();
    lead();
    server = await Server.start({
      masters: [master.address],
      refreshSeconds: 1,
      maxShrink: 100,
      failoverGrace: 0,
      vips: { names: true, ipv4Range: RANGE, lingerSeconds: 2, addresses: { "web.marathon": "127.11.7.80" } },
    });
    web = "127.11.7.80:8080";
    node = await VipsRun.start({
      servers: [`http://127.0.0.1:${server.httpPort}`],
      ipv4Range: RANGE,
      lingerSeconds: 2,
    });
  });
  afterAll(async () => {
    await node?.end();
    await server?.stop();
    await master?.stop();
  });

  test("goes on when it is cut off from its server, when it is killed, and when it comes back, and touches nothing then", async () => {
    const a = await startTarget("a", "127.0.31.1");
    const vip = "/web:8080";
    lead({ ...a, vip });
    await until("a to answer", async () => (await ask(web)) === "a");
    const pidOf = () => readFileSync(`${node.folder}/vips.pid`, "utf8");
    const [pid, config] = [pidOf(), readFileSync(`${node.folder}/vips.cfg`, "utf8")];
    await server.stop();
    await until("the loss of the server", async () => (await node.status()).table.trouble !== null);
    expect(await asked(web)).toEqual(new Set(["a"]));
    const { code, stdout } = await node.command("status");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^! the table is not followed, and what there is stays: http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/m,
    );
    await node.stop("SIGKILL");
    expect(await asked(web)).toEqual(new Set(["a"]));
    await node.again();
    await until("a first look", async () => (await node.status()).services.length > 0);
    expect(await asked(web)).toEqual(new Set(["a"]));
    server = await Server.start({
      masters: [master.address],
      refreshSeconds: 1,
      maxShrink: 100,
      failoverGrace: 0,
      httpport: server.httpPort,
      vips: { names: true, ipv4Range: RANGE, lingerSeconds: 2, addresses: { "web.marathon": "127.11.7.80" } },
    });
    await until("its server", async () => (await node.status()).table.trouble === null);
    await node.carries(web, "open", 1);
    expect(pidOf()).toBe(pid);
    expect(readFileSync(`${node.folder}/vips.cfg`, "utf8")).toBe(config);
    expect(await node.metrics()).toMatch(/^mesos_dns_vip_steps_total 0$/m);
  });

  test("sends connections where the cluster's tasks are, refuses where there are none, and takes them up again", async () => {
    const [a, b] = [await startTarget("a", "127.0.31.1"), await startTarget("b", "127.0.31.2")];
    const vip = "/web:8080";
    lead({ ...a, vip }, { ...b, vip });
    await node.carries(web, "open", 2);
    expect(await asked(web)).toEqual(new Set(["a", "b"]));
    lead({ ...b, vip });
    await node.carries(web, "open", 1);
    expect(await asked(web)).toEqual(new Set(["b"]));
    lead({ ...b, vip, healthy: false }, { ...a, vip: "/other:1" });
    await node.carries(web, "closed", 0);
    expect(await asked(web)).toEqual(new Set(["ECONNREFUSED"]));
    lead({ ...a, vip, healthy: true });
    await node.carries(web, "open", 1);
    expect(await asked(web)).toEqual(new Set(["a"]));
  });

  test("has HAProxy again when somebody kills all of it, and lets nobody else carry the same", async () => {
    const a = await startTarget("a", "127.0.31.1");
    lead({ ...a, vip: "/web:8080" });
    await node.carries(web, "open", 1);
    const before = haproxies(node.folder);
    execFileSync("pkill", ["-9", "-f", `${node.folder}/vips.cfg`]);
    await until("a new HAProxy", async () => {
      const now = haproxies(node.folder);
      return now.size > 0 && [...now].every((pid) => !before.has(pid));
    });
    await until("a to answer again", async () => (await ask(web)) === "a");
    const other = join(node.folder, "other.json");
    const { vips } = JSON.parse(readFileSync(node.configFile, "utf8"));
    writeFileSync(other, JSON.stringify({ vips: { ...vips, statusListener: `127.0.0.1:${await freePort()}` } }));
    for (const action of ["run", "clear"]) {
      const { code, stderr } = await node.command(action, other);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`of this node carries ${node.folder}: stop it first`),
      ]);
    }
    expect(await ask(web)).toBe("a");
  });

  test("says what it would do, what it carries and what it cannot, and gives all of it up when it is told to", async () => {
    const a = await startTarget("a", "127.0.31.1");
    lead({ ...a, vip: "/web:8080" }, { ...a, vip: "/names:53", protocol: "udp" });
    await until("the new state", async () => (await node.metrics()).includes('unsupported{reason="udp"} 1'));
    await node.carries(web, "open", 1);
    // What earlier tests had carried stays for its time.
    await until("nothing else", async () =>
      (await node.status()).services.every(({ key }) => /:(?:8080|53)$/.test(key)),
    );
    const { stdout } = await node.command("status");
    expect(stdout).toMatch(
      /^tcp:127\.11\.7\.80:8080 {2}web\.marathon\.l4lb\.thisdcos\.directory:8080 {2}open {2}.*127\.0\.31\.1:\d+ 1\b/m,
    );
    expect(stdout).toMatch(
      /^udp:127\.11\.7\.\d+:53 {2}names\.marathon\.l4lb\.thisdcos\.directory:53 {2}refused: HAProxy does not carry UDP/m,
    );
    const still = await node.command("clear");
    expect([still.code, still.stderr]).toEqual([1, expect.stringContaining("stop it first")]);
    await node.stop();
    const plan = await node.command("plan");
    expect(plan.stdout).toMatch(
      /^cannot carry names\.marathon\.l4lb\.thisdcos\.directory:53: HAProxy does not carry UDP/m,
    );
    expect(plan.stdout).not.toMatch(/^(?:add|set|open|close|retire|remove)/m);
    expect((await node.command("clear")).stdout).toBe("1 virtual address is not carried any more\n");
    expect(await ask(web)).toBe("ECONNREFUSED");
    expect((await node.command("plan")).stdout).toMatch(
      /^add-service tcp:127\.11\.7\.80:8080 127\.0\.31\.1:\d+ weight 1$/m,
    );
    expect((await node.command("status")).stderr).toMatch(/nobody tells a status at .*is `mesos-dns vips run` running/);
    await node.again();
    await until("a to answer", async () => (await ask(web)) === "a");
  });
});
