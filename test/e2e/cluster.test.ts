import { describe, expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { extendedErrors, lines } from "../support/dns.js";
import { becomesReady, growth, startMaster, startServer, startUpstream, web, webAt } from "../support/scenario.js";
import { agent, cluster, framework, stateOf, task } from "../support/scripted-master.js";
import type { Server } from "../support/server.js";
import { until } from "../support/wait.js";

const FETCHES = "mesos_dns_state_fetches_total";
/** A change is seen with the next fetch, a second later at most; the rest is for a busy machine. */
const SOON_MS = 5_000;

async function serialOf(server: Server): Promise<number> {
  const { answers } = await askUdp(server, "mesos", { type: "SOA" });
  return Number(lines(answers)[0]?.split(" ")[5]);
}

describe("while the cluster lives", () => {
  it("a task that starts, moves or stops changes the answers with the next fetch", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const server = await startServer([master]);
    const states = [["203.0.113.1", "203.0.113.2"], ["203.0.113.2", "203.0.113.3"], ["203.0.113.3"]];
    for (const addresses of states) {
      master.lead(webAt(...addresses));
      await until("the change", async () => (await web(server)) === addresses.join(" "), SOON_MS);
    }
    master.lead(webAt());
    await until("the task's end", async () => (await web(server)) === "NXDOMAIN", SOON_MS);
    expect(server.troubles()).toEqual([]);
  });

  it("a task that fails its health checks leaves what it shares with the next fetch, and comes back", async () => {
    const stateOf = (...health: boolean[]) => {
      const tasks = health.map((healthy, i) =>
        task("web", { id: `web.${i}`, agent: "S0", ip: `203.0.113.${i + 1}`, ports: [31000 + i], healthy }),
      );
      return cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] });
    };
    const ports = async () => {
      const { answers } = await askUdp(server, "_web._tcp.marathon.mesos", { type: "SRV" });
      return lines(answers).map((line) => line.split(" ")[5]);
    };
    const master = await startMaster(stateOf(true, true));
    const server = await startServer([master], { healthPolicy: "omitUnhealthy" });
    expect(await web(server)).toBe("203.0.113.1 203.0.113.2");
    const services = await server.json<{ host: string; port: string }[]>("/v1/services/_web._tcp.marathon.mesos");
    const { host = "" } = services.find(({ port }) => port === "31001") ?? {};
    master.lead(stateOf(true, false));
    await until("the change", async () => (await web(server)) === "203.0.113.1", SOON_MS);
    await until("one port", async () => (await ports()).join(" ") === "31000", SOON_MS);
    expect(lines((await askUdp(server, host.replace(".slave.", "."))).answers)).toHaveLength(1);
    expect(JSON.stringify(await server.json("/v1/enumerate"))).not.toContain(
      '"web.marathon.mesos.","host":"203.0.113.2"',
    );
    master.lead(stateOf(false, false));
    await until("all to be back", async () => (await web(server)) === "203.0.113.1 203.0.113.2", SOON_MS);
    // Another thread than the one that answered may have the new zone a moment later.
    await until("both ports", async () => (await ports()).sort().join(" ") === "31000 31001", SOON_MS);
    expect(JSON.stringify(await server.json("/v1/enumerate"))).toContain('"web.marathon.mesos.","host":"203.0.113.2"');
    expect(server.troubles()).toEqual([]);
  });

  it("the serial grows with a changed zone, and with nothing else", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const server = await startServer([master]);
    const first = await serialOf(server);
    await growth(server, FETCHES, 2);
    expect(await serialOf(server)).toBe(first);
    master.lead(webAt("203.0.113.2"));
    await until("the change", async () => (await web(server)) === "203.0.113.2", SOON_MS);
    const second = await serialOf(server);
    expect(second).toBeGreaterThan(first);
    expect(await server.metric("mesos_dns_snapshot_serial")).toBe(second);
  });

  it("a new leader is followed where the old one redirects to", async () => {
    const [old, next] = [await startMaster(webAt("203.0.113.1")), await startMaster(webAt("203.0.113.2"))];
    const server = await startServer([old]);
    expect(await web(server)).toBe("203.0.113.1");
    old.redirectTo(next);
    await until("the new leader's state", async () => (await web(server)) === "203.0.113.2", SOON_MS);
    const { leader, before } = await server.logged(/^new leading master$/);
    expect([leader, before]).toEqual([next.address, old.address]);
    const { answers } = await askUdp(server, "_leader._tcp.mesos", { type: "SRV" });
    expect(lines(answers)).toEqual([`_leader._tcp.mesos 60 SRV 0 1 ${next.port} leader.mesos`]);
  });

  it("the empty state of an old master that does not lead is never taken for the cluster", async () => {
    const [old, leader] = [await startMaster(), await startMaster(webAt("203.0.113.1"))];
    old.answer({ state: { ...stateOf(old, webAt()), leader: `master@${leader.address}` } });
    const server = await startServer([old]);
    expect(await web(server)).toBe("203.0.113.1");
    await leader.stop();
    await until("a failure", () => server.troubles().length > 0);
    expect(await web(server)).toBe("203.0.113.1");
  });

  it("of several masters, those that are away are passed over", async () => {
    const [gone, leader] = [await startMaster(), await startMaster(webAt("203.0.113.1"))];
    await gone.stop();
    const server = await startServer([gone, leader]);
    expect(await web(server)).toBe("203.0.113.1");
    expect(lines((await askUdp(server, "_master._tcp.mesos", { type: "SRV" })).answers).sort()).toEqual(
      [
        `_master._tcp.mesos 60 SRV 0 1 ${gone.port} master0.mesos`,
        `_master._tcp.mesos 60 SRV 0 1 ${leader.port} master1.mesos`,
      ].sort(),
    );
    expect(server.troubles()).toEqual([]);
  });
});

describe("while no master answers", () => {
  it("the last good names stay; when they are too old, that is said", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const server = await startServer([master], { stateMaxAgeSeconds: 2 });
    await master.stop();

    const failure = await server.logged(/^cannot get the Mesos state, the last good zone is served/);
    expect([failure.level, failure.code]).toEqual(["error", "MASTER_UNREACHABLE"]);
    expect(failure.msg).toContain(`Mesos master ${master.address}`);
    expect((await server.fetch("/readyz")).status).toBe(200);

    await server.logged(/^the Mesos state is too old/);
    const unready = await server.fetch("/readyz");
    expect(unready.status).toBe(503);
    const { reasons } = (await unready.json()) as { reasons: string[] };
    expect(reasons).toEqual([expect.stringMatching(/older than its limit of 2 s .*MASTER_UNREACHABLE/)]);
    expect((await server.fetch("/healthz")).status).toBe(200);

    const stale = await until("a stale answer", async () => {
      const answer = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
      return extendedErrors(answer).length > 0 && answer;
    });
    expect([stale.rcode, lines(stale.answers), extendedErrors(stale)]).toEqual([
      "NOERROR",
      ["web.marathon.mesos 60 A 203.0.113.1"],
      [3],
    ]);
    expect(extendedErrors(await askUdp(server, "nobody.mesos", { edns: 1232 }))).toEqual([19]);
    expect(await server.metric("mesos_dns_state_stale")).toBe(1);
    expect(server.log.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(await server.metric('mesos_dns_state_failures_total{code="MASTER_UNREACHABLE"}')).toBeGreaterThan(1);

    await startMaster(webAt("203.0.113.2"), { port: master.port });
    await server.logged(/^the Mesos state can be fetched again$/);
    await until("fresh answers", async () => (await web(server)) === "203.0.113.2");
    await becomesReady(server);
    await until("answers that are not said to be old", async () => {
      return extendedErrors(await askUdp(server, "web.marathon.mesos", { edns: 1232 })).length === 0;
    });
  });

  it("reading the configuration again is not taken for the end of the failure", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const server = await startServer([master]);
    master.answer({ status: 500 });
    await server.logged(/^cannot get the Mesos state/);
    const fetches = await server.metric(FETCHES);
    await server.reload({ masters: [master.address], ttl: 7 });
    await until("the new TTL", async () => {
      const { answers } = await askUdp(server, "web.marathon.mesos");
      return lines(answers)[0] === "web.marathon.mesos 7 A 203.0.113.1";
    });
    const failures = 'mesos_dns_state_failures_total{code="MASTER_STATUS"}';
    await growth(server, failures);
    expect(server.log.filter(({ msg }) => /can be fetched again/.test(msg))).toEqual([]);
    expect(server.log.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(await server.metric(FETCHES)).toBe(fetches);
  });
});

describe("before the first state", () => {
  it("the domain is SERVFAIL, other names are forwarded, and HTTP says why", async () => {
    const upstream = await startUpstream(() => [{ name: "www.example.com", type: "A", ttl: 9, data: "198.51.100.1" }]);
    const master = await startMaster();
    const config = { externalon: true, resolvers: [upstream.address] };
    const server = await startServer([master], config, { until: "listening" });

    const unknown = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
    expect([unknown.rcode, unknown.answers, extendedErrors(unknown)]).toEqual(["SERVFAIL", [], [14]]);
    expect((await askUdp(server, "mesos", { type: "SOA" })).rcode).toBe("SERVFAIL");
    const other = await askUdp(server, "www.example.com");
    expect(lines(other.answers)).toEqual(["www.example.com 9 A 198.51.100.1"]);

    await server.logged(/^cannot get the Mesos state, there is no zone to serve yet: .* answered 503/);
    const { reasons } = await server.json<{ reasons: string[] }>("/readyz");
    expect(reasons).toEqual([expect.stringMatching(/^no state from a Mesos master yet; .*\(MASTER_STATUS\)$/)]);
    const hosts = await server.fetch("/v1/hosts/web.marathon.mesos");
    expect([hosts.status, hosts.headers.get("retry-after")]).toEqual([503, "1"]);

    master.lead(webAt("203.0.113.1"));
    await until("the first state", async () => (await web(server)) === "203.0.113.1");
    expect((await server.logged(/^serving the cluster's names$/)).tasks).toBe(1);
  });

  it("a domain changed by then is the one that is answered for", async () => {
    const master = await startMaster();
    const server = await startServer([master], {}, { until: "listening" });
    await server.reload({ masters: [master.address], domain: "cluster.example" });
    await until("the new domain", async () => {
      const { rcode } = await askUdp(server, "web.marathon.cluster.example");
      return rcode === "SERVFAIL";
    });
    expect((await askUdp(server, "web.marathon.mesos")).rcode).toBe("REFUSED");
  });
});
