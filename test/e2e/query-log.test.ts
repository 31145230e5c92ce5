import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import type { Server } from "../support/server.js";
import { run, start } from "../support/tools.js";
import { until } from "../support/wait.js";

/** The query log, read by other people's programs. */

let folder: string;
let file: string;
let socket: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-query-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  file = join(folder, "queries");
  socket = join(folder, "dnstap.sock");
});

const WRITTEN = "mesos_dns_query_log_queries_total";
const LOST = 'mesos_dns_query_log_dropped_total{reason="write"}';
const DROPPED = 'mesos_dns_query_log_dropped_total{reason="buffer"}';

async function serve(queryLog: object, config: object = {}): Promise<Server> {
  const master = await startMaster(webAt("192.0.2.1"));
  return startServer([master], { queryLog, ...config });
}

async function written(server: Server, count: number): Promise<void> {
  await until(`${count} queries in the log`, async () => ((await server.metric(WRITTEN)) ?? 0) >= count);
}

/** The lines that BIND's reader makes of a file, without time and the client's port. */
async function bind(path: string): Promise<string[]> {
  const { status, stdout, stderr } = await run("dnstap-read", [path]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.replace(/^\S+ \S+ /, "").replace(/127\.0\.0\.1:\d+ /, "CLIENT "));
}

/** fstrm's reader at the socket, which writes what it gets to a file. Resolves when it listens. */
async function capture(path: string): Promise<ReturnType<typeof start>> {
  const reader = start("fstrm_capture", ["-t", "protobuf:dnstap.Dnstap", "-u", socket, "-w", path]);
  onTestFinished(() => reader.stop());
  await Promise.race([reader.lost, until("the reader", () => existsSync(socket))]);
  return reader;
}

const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe("dnstap", () => {
  test("in a file is read by dnstap-read and by dnstap-ldns: queries and responses over UDP and TCP", async () => {
    const server = await serve({ format: "dnstap", file, messages: "both" }, { serverId: "ns1.example.com" });
    const at = `127.0.0.1:${server.port}`;
    await askUdp(server, "web.marathon.mesos");
    await askTcp(server, "nobody.mesos", { type: "SRV" });
    await server.stop();
    const lines = await bind(file);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^CQ CLIENT -> ${at} UDP \\d+b web.marathon.mesos/IN/A$`)),
      expect.stringMatching(new RegExp(`^CR CLIENT <- ${at} UDP \\d+b web.marathon.mesos/IN/A$`)),
      expect.stringMatching(new RegExp(`^CQ CLIENT -> ${at} TCP \\d+b nobody.mesos/IN/SRV$`)),
      expect.stringMatching(new RegExp(`^CR CLIENT <- ${at} TCP \\d+b nobody.mesos/IN/SRV$`)),
    ]);
    const whole = await run("dnstap-read", ["-p", file]);
    expect(whole.stdout).toMatch(/status: NXDOMAIN/);
    expect(whole.stdout).toMatch(/web\.marathon\.mesos\.\s+60\s+IN\s+A\s+192\.0\.2\.1/);
    const yaml = await run("dnstap-ldns", ["-y", "-r", file]);
    expect(yaml.stdout).toContain('identity: "ns1.example.com"');
    expect(yaml.stdout).toContain('version: "mesos-dns ');
    expect(yaml.stdout.match(/^ {2}type: (\w+)$/gm)?.map((line) => line.trim())).toEqual([
      "type: CLIENT_QUERY",
      "type: CLIENT_RESPONSE",
      "type: CLIENT_QUERY",
      "type: CLIENT_RESPONSE",
    ]);
    const times = Array.from(yaml.stdout.matchAll(/(?:query|response)_time: !!timestamp (.*)/g), ([, time = ""]) =>
      Date.parse(time.replace(" ", "T").replace(/(\.\d{3})\d*/, "$1Z")),
    );
    expect(times.length).toBeGreaterThan(3);
    for (const time of times) expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
  });

  test("of what a resolver says, and of what a query without recursion desired is answered", async () => {
    const upstream = await startUpstream(({ questions }) => [
      { name: questions?.[0]?.name ?? "", type: "A", ttl: 9, data: "192.0.2.7" },
    ]);
    const config = { externalon: true, resolvers: [upstream.address] };
    const server = await serve({ format: "dnstap", file }, config);
    await askUdp(server, "www.example.com");
    await run("dig", ["@127.0.0.1", "-p", String(server.port), "+norecurse", "web.marathon.mesos"]);
    await server.stop();
    const lines = await bind(file);
    expect(lines[0]).toMatch(/^CR .* www\.example\.com\/IN\/A$/);
    expect(lines[1]).toMatch(/^AR .* web\.marathon\.mesos\/IN\/A$/);
  });

  test("to a socket is taken by fstrm_capture, before and after a restart of the reader", async () => {
    const first = join(folder, "first");
    const second = join(folder, "second");
    const reader = await capture(first);
    const server = await serve({ format: "dnstap", socket });
    await askUdp(server, "web.marathon.mesos");
    await written(server, 1);
    await reader.stop();
    const trouble = await server.logged(/^the query log cannot be written to queryLog.socket/);
    expect(trouble.code).toBe("QUERY_LOG_UNWRITABLE");
    // Nobody reads now: it stays in memory.
    await askUdp(server, "nobody.mesos");
    expect(await server.metric("mesos_dns_query_log_writable")).toBe(0);
    rmSync(socket, { force: true });
    const other = await capture(second);
    await server.logged(/^the query log is written again$/);
    await written(server, 2);
    await server.stop();
    await other.stop();
    expect((await bind(first)).map((line) => line.split(" ").at(-1))).toEqual(["web.marathon.mesos/IN/A"]);
    expect((await bind(second)).map((line) => line.split(" ").at(-1))).toEqual(["nobody.mesos/IN/A"]);
  });

  test("to a reader that does not read holds up no answer: what does not fit is dropped and counted", async () => {
    const stuck = createServer((connection) => {
      connection
        .on("error", () => undefined)
        .once("data", () => {
          // ACCEPT, and nothing more is read.
          connection.write(Buffer.from("0000000000000004" + "00000001", "hex"));
          connection.pause();
        });
    });
    await new Promise<void>((resolve) => stuck.listen(socket, resolve));
    onTestFinished(() => void stuck.close());
    const queryLog = { format: "dnstap", socket, messages: "both", bufferBytes: 1_048_576 };
    const master = await startMaster(webAt("192.0.2.1"));
    const config = { masters: [master.address], dnsThreads: 1 };
    const server = await startServer([master], { ...config, queryLog });
    const label = "n".repeat(60);
    const names = Array.from({ length: 1_000 }, (_, i) => `${label}.${label}.${label}.n${i}.mesos`);
    await until(
      "a full buffer",
      async () => {
        for (const answer of await Promise.all(names.map((name) => askUdp(server, name))))
          expect(answer.rcode).toBe("NXDOMAIN");
        return ((await server.metric(DROPPED)) ?? 0) > 0;
      },
      60_000,
    );
    const trouble = await server.logged(
      /^the query log cannot be written to .* \(nothing of it has been taken for 5 s\)/,
    );
    expect(trouble.code).toBe("QUERY_LOG_UNWRITABLE");
    expect(await server.metric("mesos_dns_query_log_writable")).toBe(0);
    const before = (await server.metric(WRITTEN)) ?? 0;
    await server.reload(config);
    await until("what was in memory", async () => ((await server.metric(LOST)) ?? 0) > 1_000);
    expect(await server.metric(WRITTEN)).toBe(before);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
  });

  test("in a file goes on as one stream after a restart, and no file is put aside for it", async () => {
    for (const name of ["one.mesos", "two.mesos"]) {
      const server = await serve({ format: "dnstap", file });
      await askUdp(server, name);
      await server.stop();
    }
    expect((await bind(file)).map((line) => line.split(" ").at(-1))).toEqual(["one.mesos/IN/A", "two.mesos/IN/A"]);
    expect(existsSync(`${file}.1`)).toBe(false);
  });
});

describe("lines of JSON", () => {
  test("tell of each query that the filters let through", async () => {
    const filters = { types: ["A"], rcodes: ["NXDOMAIN"], names: ["marathon.mesos"], clients: ["127.0.0.0/8"] };
    const server = await serve({ format: "json", file, ipv4PrefixLength: 8, ...filters });
    await askUdp(server, "web.marathon.mesos");
    await askUdp(server, "gone.marathon.mesos", { type: "SRV" });
    await askUdp(server, "gone.mesos");
    await askUdp(server, "gone.marathon.mesos");
    await written(server, 1);
    expect(linesOf(file)).toEqual([
      expect.objectContaining({
        client: "127.0.0.0",
        transport: "udp",
        name: "gone.marathon.mesos.",
        type: "A",
        zone: "local",
        rcode: "NXDOMAIN",
        aa: true,
      }),
    ]);
  });

  test("go to standard output, where nothing else is", async () => {
    const server = await serve({ format: "json", file: "-" });
    let output = "";
    server.child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    await askUdp(server, "web.marathon.mesos");
    await until("the line", () => output.endsWith("\n"));
    expect(JSON.parse(output)).toMatchObject({ name: "web.marathon.mesos.", rcode: "NOERROR", answers: 1 });
  });

  test("go on in another file when the first has been moved, at SIGHUP", async () => {
    const master = await startMaster(webAt("192.0.2.1"));
    const config = { masters: [master.address], queryLog: { format: "json", file } };
    const server = await startServer([master], config);
    await askUdp(server, "one.mesos");
    await written(server, 1);
    renameSync(file, `${file}.moved`);
    expect((await server.reload(config)).msg).toBe("nothing to change");
    await until("the new file", () => existsSync(file));
    await askUdp(server, "two.mesos");
    await written(server, 2);
    expect(linesOf(`${file}.moved`).map(({ name }) => name)).toEqual(["one.mesos."]);
    expect(linesOf(file).map(({ name }) => name)).toEqual(["two.mesos."]);
  });
});

const threadsOf = ({ pid }: Server) =>
  readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").trim());

test("the log is turned on and off while the server runs; while it is off it has no thread and no metric", async () => {
  const master = await startMaster(webAt("192.0.2.1"));
  const config = { masters: [master.address] };
  const server = await startServer([master], config);
  const before = threadsOf(server).length;
  expect(await server.metric(WRITTEN)).toBeUndefined();
  expect((await server.reload({ ...config, queryLog: { format: "json", file } })).msg).toBe("changed queryLog");
  await until("the log", async () => (await server.metric("mesos_dns_query_log_writable")) === 1);
  await askUdp(server, "web.marathon.mesos");
  await written(server, 1);
  await server.reload(config);
  await until("the thread's end", () => threadsOf(server).length <= before);
  await askUdp(server, "web.marathon.mesos");
  expect(await server.metric(WRITTEN)).toBe(1);
  expect(linesOf(file)).toHaveLength(1);
});

test("a file that cannot be written is no trouble for answers, and is said once", async () => {
  const server = await serve({ format: "json", file: join(folder, "missing", "queries") });
  const line = await server.logged(/^the query log cannot be written to queryLog.file/);
  expect(line.code).toBe("QUERY_LOG_UNWRITABLE");
  expect((await askUdp(server, "web.marathon.mesos")).rcode).toBe("NOERROR");
  await until("another attempt", async () => (await server.metric("mesos_dns_query_log_writable")) === 0);
  expect(server.log.filter(({ code }) => code === "QUERY_LOG_UNWRITABLE")).toHaveLength(1);
});
