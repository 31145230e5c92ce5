import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { taskAdded } from "../support/operator-api.js";
import { startMaster, webAt } from "../support/scenario.js";
import { type ScriptedMaster, task } from "../support/scripted-master.js";
import {
  configFor,
  contentOf,
  keyOf,
  portsFor,
  Secondary,
  type SecondaryName,
  serialOf,
  signedBy,
  transfersOf,
} from "../support/secondaries.js";
import { Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

/** What secondaries transfer after a restart of the server, after a long silence, and when they change from one server to another. */

const NAMES: readonly SecondaryName[] = ["Knot", "BIND"];

interface Running {
  readonly master: ScriptedMaster;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secondaries: readonly Secondary[];
  /** Words for dig, to ask as the first secondary would. */
  readonly signed: readonly string[];
  server: Server;
}

async function setUp(config: object = {}, names = NAMES): Promise<Running> {
  const master = await startMaster();
  master.leadWithEvents(webAt("203.0.113.1"));
  const ports = await portsFor(names);
  const whole = { masters: [master.address], refreshSeconds: 3600, ...configFor(ports), ...config };
  const server = await Server.start(whole);
  const secondaries = names.map((name) => new Secondary(name, ports[name]));
  const signed = signedBy(keyOf(names[0]));
  const settled = { ...whole, port: server.port, httpport: server.httpPort };
  const running: Running = { master, config: settled, secondaries, signed, server };
  onTestFinished(async () => {
    for (const secondary of secondaries) await secondary.stop();
    await running.server.stop();
  });
  for (const secondary of secondaries) {
    await secondary.configure([server]);
    secondary.run();
    await secondary.caughtUp(server);
  }
  return running;
}

/** What each secondary has, and what the server has. */
async function contents({ server, secondaries, signed }: Running): Promise<readonly (readonly string[])[]> {
  const own = await contentOf(server, "mesos", ...signed);
  return [own, ...(await Promise.all(secondaries.map((secondary) => secondary.content())))];
}

async function change(master: ScriptedMaster, ip: string): Promise<void> {
  await until("a subscriber", () => master.subscribers.count > 0);
  master.subscribers.say(taskAdded(task(`t-${ip.replaceAll(".", "-")}`, { agent: "S0", ip })));
}

async function restart(running: Running, config: object = {}): Promise<void> {
  await running.server.stop();
  running.server = await Server.start({ ...running.config, ...config });
}

const caughtUp = async ({ server, secondaries }: Running) => {
  for (const secondary of secondaries) await secondary.caughtUp(server);
};

describe("after a restart of the server", () => {
  it("with stateDir, secondaries go on with differences", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "mesos-dns-transfers-"));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const running = await setUp({ stateDir });
    await change(running.master, "203.0.113.2");
    await until("the change", async () => (await transfersOf(running.server, "ixfr")) >= NAMES.length);
    await restart(running);
    await change(running.master, "203.0.113.3");
    await until("a difference", async () => (await transfersOf(running.server, "ixfr")) >= NAMES.length);
    await caughtUp(running);
    expect(await transfersOf(running.server, "axfr")).toBe(0);
    const [own, ...others] = await contents(running);
    for (const other of others) expect(other).toEqual(own);
  }, 60_000);

  it("without stateDir, each transfers the zone once", async () => {
    const running = await setUp();
    await restart(running);
    await caughtUp(running);
    await until("the zone", async () => (await transfersOf(running.server, "axfr")) >= NAMES.length);
    await change(running.master, "203.0.113.4");
    await until("a difference", async () => (await transfersOf(running.server, "ixfr")) >= NAMES.length);
    await caughtUp(running);
    expect(await transfersOf(running.server, "axfr")).toBe(NAMES.length);
    const [own, ...others] = await contents(running);
    for (const other of others) expect(other).toEqual(own);
  }, 60_000);
});

it("a secondary that was away catches up with one difference, as large as what is left of all changes", async () => {
  const running = await setUp({}, ["BIND"]);
  const [bind] = running.secondaries;
  bind.signal("SIGSTOP");
  for (let i = 0; i < 60; i++) {
    await change(running.master, `203.0.113.${10 + (i % 5)}`);
    await new Promise((resolve) => setTimeout(resolve, 70));
  }
  bind.signal("SIGCONT");
  await caughtUp(running);
  expect(await transfersOf(running.server, "axfr")).toBe(1);
  const [own, other] = await contents(running);
  expect(other).toEqual(own);
}, 60_000);

/** A zone as a client has it that takes from one server and then from another, as dig prints what it gets. */
class Copy {
  serial = 1;
  #records = new Set<string>();
  whole = 0;

  /** Takes what the server has that is newer. @returns whether there was anything */
  async take({ host, port }: Server): Promise<boolean> {
    const words = [`@${host}`, "-p", String(port), "mesos", `ixfr=${this.serial}`, "+nocomments", "+nostats", "+nocmd"];
    const { stdout } = await run("dig", words);
    const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
    const records = lines.map((line) => line.replace(/\s+/g, " ").toLowerCase());
    const isSoa = (record: string) => / in soa /.test(record);
    const serial = Number(records[0].split(" ")[6]);
    if (records.length > 1 && !isSoa(records[1])) {
      this.whole++;
      this.#records = new Set(records.filter((record) => !isSoa(record)));
    } else if (records.length > 1) {
      let isAdding = true;
      for (const record of records.slice(1, -1)) {
        if (isSoa(record)) isAdding = !isAdding;
        else if (isAdding) this.#records.add(record);
        else expect([record, this.#records.delete(record)]).toEqual([record, true]);
      }
    }
    this.serial = serial;
    return records.length > 1;
  }

  get records(): string[] {
    return [...this.#records].sort();
  }
}

it("a client that goes back and forth between two servers while both change always has what the last one had", async () => {
  const master = await startMaster();
  master.leadWithEvents(webAt("203.0.113.1"));
  const config = {
    masters: [master.address],
    refreshSeconds: 3600,
    allowTransfer: ["127.0.0.0/8"],
    SOAMname: "ns1.mesos",
  };
  const servers = [await Server.start(config), await Server.start({ ...config, SOAMname: "ns2.mesos" })];
  onTestFinished(async () => {
    for (const server of servers) await server.stop();
  });
  await until("both", () => master.subscribers.count === 2);
  const copy = new Copy();
  const wrong: string[] = [];
  for (let round = 0; round < 50; round++) {
    const server = servers[round % 7 < 4 ? 0 : 1];
    const change = (id: string) =>
      master.subscribers.say(
        taskAdded(task(`t${round % 5}`, { id: `t.${id}`, agent: "S0", ip: `203.0.113.${round + 2}` })),
      );
    change(String(round));
    await new Promise((resolve) => setTimeout(resolve, round % 3 === 0 ? 150 : 20));
    let again = 0;
    // The zone may change between the two transfers: then it is no longer what was taken.
    await until(`round ${round}`, async () => {
      const hasTaken = await copy.take(server);
      // By another client: a server takes all that has one address, and no key, for one client.
      const own = await contentOf(server, "mesos", "-b", "127.0.0.2");
      const serial = await serialOf(server, "mesos");
      const isSame = JSON.stringify(own) === JSON.stringify(copy.records);
      if (hasTaken && serial === copy.serial && !isSame) wrong.push(`round ${round}, serial ${serial}`);
      // The copy is the other server's, and its serial is as new or newer: the next version here is what can be taken.
      if (!hasTaken && !isSame) change(`${round}.${again++}`);
      return serial === copy.serial && isSame;
    });
    expect(wrong).toEqual([]);
  }
  // Each change of the server costs a whole zone, but no change within one does.
  expect(copy.whole).toBeLessThan(30);
}, 120_000);

it("a secondary with a wrong key gets nothing, and the log and the metrics say so", async () => {
  const running = await setUp({}, ["Knot"]);
  const { name } = keyOf("Knot");
  const wrong = Buffer.alloc(32, 9).toString("base64");
  expect(await contentOf(running.server, "mesos", ...signedBy({ name, secret: wrong }))).toEqual([]);
  expect(await contentOf(running.server, "mesos")).toEqual([]);
  const count = 'mesos_dns_tsig_errors_total{error="BADSIG"}';
  await until("the count", async () => (await running.server.metric(count)) === 1);
  expect(running.server.troubles().map(({ msg }) => msg)).toEqual([expect.stringContaining("BADSIG")]);
}, 60_000);
