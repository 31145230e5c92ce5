import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { askUdp } from "../support/ask.js";
import { hasNamespaces, inNamespace } from "../support/namespace.js";
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

test("top says in a line that what answers is no server of ours", async () => {
  const odd = createServer((_, response) => void response.end('{"seconds": 5, "queries": 1, "missed": 0, "top": {}}'));
  await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void odd.close());
  const url = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
  const { code, stderr } = await runCommand(process.execPath, [PROGRAM, "top", "--once", "--server", url]);
  expect([code, stderr]).toEqual([
    1,
    `mesos-dns: nobody at ${url} tells who asks what: what it answers is no such report; --server URL says where the server's httpport is\n`,
  ]);
});

/** Two addresses of this machine that are not loopback. */
const ADDRESSES = "ip address add 192.0.2.53/32 dev lo\nip address add 192.0.2.7/32 dev lo";

/** Starts the program, and prints what three clients get: top, one at another address, and a page at a name that leads here. */
const PROBE = `
"$NODE" dist/main.js -config="$CONFIG" >/dev/null 2>&1 &
url=http://192.0.2.53:8123
for try in $(seq 100); do curl -s "$url/v1/version" >/dev/null && break; sleep 0.1; done
"$NODE" dist/main.js top --json --config="$CONFIG" | grep -o '"missed":0'
curl -s -o /dev/null -w '%{http_code}\n' --interface 192.0.2.7 "$url/v1/top"
curl -s -o /dev/null -w '%{http_code}\n' -H 'Host: evil.example.com:8123' "$url/v1/top"
kill %1
wait
`;

test.skipIf(!hasNamespaces)("top may ask at an address of this machine that is not loopback", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-top-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "config.json");
  const listener = "192.0.2.53";
  writeFileSync(
    config,
    JSON.stringify({ masters: ["127.0.0.1:1"], listener, httplistener: listener, externalon: false }),
  );
  const [command, args] = inNamespace(ADDRESSES, ["bash", "-c", PROBE]);
  const env = { ...process.env, NODE: process.execPath, CONFIG: config };
  const { stdout } = await promisify(execFile)(command, [...args], { env });
  expect(stdout).toBe('"missed":0\n403\n403\n');
});
