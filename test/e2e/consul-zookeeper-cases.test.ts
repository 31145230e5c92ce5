import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../support/server.js";
import { ZooKeeper } from "../support/zookeeper.js";

/** What a real Consul answered of keys, asked of keys in a real ensemble. */
// The checker does nothing where it is started by a link.
const SHARED = realpathSync("../shared/consul");

/** Starts the program with a configuration file that others have written, and a few keys more. */
const WRAPPER = `
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
const [zk, program, argument] = process.argv.slice(2);
const file = argument.replace("-config=", "");
const config = JSON.parse(readFileSync(file, "utf8"));
writeFileSync(file, JSON.stringify({ ...config, zk, zkDetectionTimeout: 1, consul: { ...config.consul, kv: "zookeeper" } }));
const child = spawn(process.execPath, [program, argument], { stdio: "inherit" });
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code) => process.exit(code ?? 1));
`;

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-cases-"));
const wrapper = join(folder, "wrapper.mjs");
beforeAll(() => writeFileSync(wrapper, WRAPPER));
afterAll(() => rmSync(folder, { recursive: true }));

test.concurrent.for(["kv", "txn", "wait", "lock"])(
  "what Consul answered to %s.json is answered with keys in ZooKeeper",
  { timeout: 240_000 },
  async (name, { onTestFinished }) => {
    const zookeeper = await ZooKeeper.start();
    onTestFinished(() => zookeeper.stop());
    const zk = `zk://${zookeeper.address}/none`;
    const command = ["node", wrapper, zk, PROGRAM, "-config=%CONFIG%"];
    const words = [`${SHARED}/check.mjs`, `${SHARED}/cases/${name}.json`, "--", ...command];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    await once(child, "close");
    expect(output.split("\n").filter((line) => line.startsWith("FAIL "))).toEqual([]);
    expect(output).toMatch(/^[1-9]\d* passed, 0 failed$/m);
  },
);
