import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { dig } from "../support/digs.js";
import type { Json } from "../support/json.js";
import { taskUpdated } from "../support/operator-api.js";
import { startMaster, startServer, startUpstream } from "../support/scenario.js";
import { agent, cluster, framework, stateOf, task } from "../support/scripted-master.js";
import { runProgram, type Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

const ZONE = "thisdcos.directory";
const MAPPED = { container: { type: "DOCKER", docker: { port_mappings: [{ host_port: 31001, container_port: 80 }] } } };
const web = (n: number, extra: Json = {}) =>
  task("web", { id: `web.${n}`, agent: "S0", ip: `203.0.113.${n}`, ports: [31000 + n], extra });

const CLUSTER = cluster({
  agents: [agent("S0", { ip: "192.0.2.10" }), agent("S1", { ip: "2001:db8::b" })],
  frameworks: [
    framework("marathon.prod", {
      tasks: [
        web(1),
        web(2),
        task("mapped", { agent: "S0", ip: "203.0.113.9", extra: MAPPED }),
        task("host", { agent: "S1" }),
        task("app", { agent: "S0", discovery: { name: "app.shop" } }),
      ],
    }),
  ],
});

async function answers(server: Server, name: string, type = "A"): Promise<string[]> {
  const { answer } = await dig(server, name, type);
  return answer.map((line) => line.split(" ").slice(3).join(" ")).sort();
}

const start = async (config: Json = {}) => {
  const master = await startMaster(CLUSTER);
  return { master, server: await startServer([master], { dcosNames: true, ...config }) };
};

describe("DC/OS's names", () => {
  it("are answered beside those of the domain", async () => {
    const { server } = await start();
    const expected: readonly (readonly [string, string, readonly string[]])[] = [
      ["web.marathon-prod.agentip.dcos", "A", ["192.0.2.10"]],
      ["web.marathon-prod.containerip.dcos", "A", ["203.0.113.1", "203.0.113.2"]],
      ["web.marathon-prod.autoip.dcos", "A", ["203.0.113.1", "203.0.113.2"]],
      ["WEB.Marathon-Prod.AutoIP.dcos", "A", ["203.0.113.1", "203.0.113.2"]],
      ["mapped.marathon-prod.containerip.dcos", "A", ["203.0.113.9"]],
      ["mapped.marathon-prod.autoip.dcos", "A", ["192.0.2.10"]],
      ["host.marathon-prod.autoip.dcos", "AAAA", ["2001:db8::b"]],
      ["app-shop.marathon-prod.autoip.dcos", "A", ["192.0.2.10"]],
      ["master.dcos", "A", ["127.0.0.1"]],
      ["leader.dcos", "A", ["127.0.0.1"]],
      ["leader.mesos", "A", ["127.0.0.1"]],
      ["web.marathon.prod.mesos", "A", ["203.0.113.1", "203.0.113.2"]],
      ["web.marathon.prod.slave.mesos", "A", ["192.0.2.10"]],
    ];
    for (const [name, type, records] of expected) {
      expect([name, await answers(server, `${name}.${ZONE}`, type)]).toEqual([name, records]);
    }
    expect(await answers(server, "web.marathon.prod.mesos")).toEqual(["203.0.113.1", "203.0.113.2"]);
    expect(server.troubles()).toEqual([]);
  });

  it("have services whose targets are in the same zone, with their addresses beside them", async () => {
    const { server } = await start();
    const { answer, additional, flags } = await dig(server, `_web._tcp.marathon.prod.mesos.${ZONE}`, "SRV");
    const targets = answer.map((line) => line.split(" ").at(-1) ?? "");
    expect(targets).toHaveLength(2);
    for (const target of targets) {
      expect(target).toMatch(/^web-\w{5}-s0\.marathon\.prod\.slave\.mesos\.thisdcos\.directory$/);
      expect(additional).toContain(`${target} 60 A 192.0.2.10`);
    }
    expect(flags).toContain("aa");
  });

  it("make a zone with an apex, negative answers and names between others", async () => {
    const { server } = await start();
    const soa = /^thisdcos\.directory 60 SOA ns1\.mesos root\.ns1\.mesos \d+ 60 600 86400 60$/;
    const apex = await dig(server, ZONE, "SOA");
    expect([apex.status, apex.answer]).toEqual(["NOERROR", [expect.stringMatching(soa)]]);
    expect((await dig(server, ZONE, "NS")).answer).toEqual([`${ZONE} 60 NS ns1.mesos`]);
    for (const [name, status] of [
      [`dcos.${ZONE}`, "NOERROR"],
      [`mesos.${ZONE}`, "NOERROR"],
      [`marathon-prod.autoip.dcos.${ZONE}`, "NOERROR"],
      [`prod.mesos.${ZONE}`, "NOERROR"],
      [`host.marathon-prod.containerip.dcos.${ZONE}`, "NXDOMAIN"],
      [`web.marathon.prod.autoip.dcos.${ZONE}`, "NXDOMAIN"],
      [`web.l4lb.${ZONE}`, "NXDOMAIN"],
    ] as const) {
      const negative = await dig(server, name);
      expect([name, negative.status, negative.flags.includes("aa")]).toEqual([name, status, true]);
      expect(negative.authority).toEqual([expect.stringMatching(soa)]);
    }
  });

  it("are served over HTTP by name, and listed nowhere", async () => {
    const { server } = await start();
    const host = `web.marathon-prod.agentip.dcos.${ZONE}`;
    expect(await server.json(`/v1/hosts/${host}`)).toEqual([{ host: `${host}.`, ip: "192.0.2.10" }]);
    for (const path of ["/v1/enumerate", "/v1/axfr"])
      expect(await (await server.fetch(path)).text()).not.toContain(ZONE);
  });

  it("follow the master's events, and leave out the unhealthy", async () => {
    const master = await startMaster();
    master.leadWithEvents(CLUSTER);
    const server = await startServer([master], {
      dcosNames: true,
      refreshSeconds: 3600,
      healthPolicy: "omitUnhealthy",
    });
    await until("the stream", async () => (await server.metric("mesos_dns_stream_connected")) === 1);
    let timestamp = 1_700_000_100;
    const update = (n: number, healthy: boolean, port_mappings: readonly Json[] = []) => {
      const network_infos = [{ ip_addresses: [{ ip_address: `203.0.113.${n}` }], port_mappings }];
      const status = { timestamp: ++timestamp, healthy, container_status: { network_infos } };
      master.subscribers.say(taskUpdated(web(n), "TASK_RUNNING", status, "frameworks-marathon.prod"));
    };
    const becomes = (...expected: string[]) =>
      until(`autoip to be ${expected}`, async () => {
        const now = await answers(server, `web.marathon-prod.autoip.dcos.${ZONE}`);
        return now.join() === expected.join();
      });
    update(1, false);
    await becomes("203.0.113.2");
    expect(await answers(server, `web.marathon.prod.mesos.${ZONE}`)).toEqual(["203.0.113.2"]);
    update(2, false);
    await becomes("203.0.113.1", "203.0.113.2");
    update(1, true, [{ host_port: 31001, container_port: 80 }]);
    await becomes("192.0.2.10");
    expect(server.troubles()).toEqual([]);
  });

  it("come and go with a reload, and are somebody else's while they are not served", async () => {
    const upstream = await startUpstream((query) => [
      { name: query.questions?.[0]?.name ?? "", type: "A", ttl: 0, data: "198.51.100.1" },
    ]);
    const keys = { externalon: true, resolvers: [upstream.address] };
    const { master, server } = await start({ dcosNames: false, ...keys });
    const name = `web.marathon-prod.autoip.dcos.${ZONE}`;
    expect(await answers(server, name)).toEqual(["198.51.100.1"]);
    await server.reload({ masters: [master.address], ...keys, dcosNames: true });
    await until("the names", async () => (await answers(server, name)).join() === "203.0.113.1,203.0.113.2");
    await server.reload({ masters: [master.address], ...keys });
    await until("the resolver", async () => (await answers(server, name)).join() === "198.51.100.1");
  });

  it("are SERVFAIL before the first state", async () => {
    const master = await startMaster();
    const server = await startServer([master], {}, { until: "listening" });
    await server.reload({ masters: [master.address], dcosNames: true });
    const early = await dig(server, `leader.dcos.${ZONE}`);
    expect([early.status, early.errors]).toEqual(["SERVFAIL", [14]]);
  });
});

describe("mesos-dns zone --zone", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-dcos-"));
  const file = (name: string, content: Json) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const print = (config: Json, name: string) =>
    runProgram(
      ...["zone", "--state", file("state.json", stateOf({ address: "192.0.2.1:5050" }, CLUSTER))],
      ...["--config", file("config.json", config), "--zone", name],
    );

  it("prints a zone that BIND and NSD load, or says which zones there are", async () => {
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { status, stdout, stderr } = await print({ dcosNames: true }, "ThisDCOS.directory.");
    expect([status, stderr]).toEqual([0, ""]);
    const path = join(folder, "zone");
    writeFileSync(path, stdout);
    for (const tool of ["named-checkzone", "nsd-checkzone"] as const) {
      const checked = await run(tool, [ZONE, path]);
      expect([tool, checked.status, checked.stderr]).toEqual([tool, 0, ""]);
    }
    expect(stdout).toContain(`web.marathon-prod.autoip.dcos.${ZONE}.\tIN\tA\t203.0.113.1\n`);
    const refused = await print({}, ZONE);
    expect([refused.status, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toBe(`mesos-dns: --zone is "${ZONE}"; this configuration has mesos\n`);
  });
});

it("is refused at the start for a domain in the same zone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-dcos-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ masters: ["192.0.2.1:5050"], domain: `mesos.${ZONE}`, dcosNames: true }));
  const { status, stderr } = await runProgram("--check", "-config", path);
  expect(status).toBe(1);
  expect(stderr).toContain("domain: got");
});
