import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { askUdp, TcpClient } from "../support/ask.js";
import { decode, encodeQuery, lines } from "../support/dns.js";
import { holdTcp } from "../support/held-sockets.js";
import { startHeldUpstream, startMaster, startServer, startUpstream, web, webAt } from "../support/scenario.js";
import { freePort, type Server } from "../support/server.js";
import { until } from "../support/wait.js";

const STOP_MS = 5_000;
const GOOD = webAt("203.0.113.1");

describe("SIGHUP", () => {
  it("applies what can change, and names what needs a restart", async () => {
    const master = await startMaster(GOOD);
    const server = await startServer([master]);
    const changes = { ttl: 7, domain: "cluster.example", SOAMinttl: 3, port: server.port + 1, httpon: false };
    const line = await server.reload({ masters: [master.address], ...changes });
    expect(line.msg).toMatch(/^changed ttl, domain, .*SOAMinttl/);
    expect((await server.logged(/^restart to change/)).msg).toBe("restart to change port, httpon");
    await until("the new domain", async () => {
      const { answers } = await askUdp(server, "web.marathon.cluster.example");
      return lines(answers)[0] === "web.marathon.cluster.example 7 A 203.0.113.1";
    });
    // Threads take the new zone one after the other.
    await until("the old zone's end", async () => (await askUdp(server, "web.marathon.mesos")).rcode === "REFUSED");
    const { authorities } = await askUdp(server, "nobody.cluster.example");
    expect(lines(authorities)[0]).toMatch(/^cluster\.example 3 SOA ns1\.cluster\.example /);
    expect(await server.json("/v1/config")).toMatchObject({ TTL: 7, Domain: "cluster.example", Port: server.port });
  });

  it("asks no master, and makes no record anew, for a key that neither follows the cluster nor makes zones", async () => {
    const master = await startMaster(GOOD);
    const config = { masters: [master.address], refreshSeconds: 3600 };
    const server = await startServer([master], config);
    const asked = master.requests.length;
    for (let i = 0; i < 5; i++)
      await server.reload({ ...config, ...(i % 2 === 0 && { queryLog: { format: "json", file: "-" } }) });
    await server.reload({ ...config, ttl: 9 });
    await until("the change of the zone, which came behind them", async () => {
      return lines((await askUdp(server, "web.marathon.mesos")).answers)[0] === "web.marathon.mesos 9 A 203.0.113.1";
    });
    await until("the one fetch that it costs", async () => master.requests.length > asked);
    // The stream is asked for once more, and the state fetched once.
    expect(master.requests.slice(asked).filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  it("follows other masters from now on", async () => {
    const [first, second] = [await startMaster(GOOD), await startMaster(webAt("203.0.113.2"))];
    const server = await startServer([first], { refreshSeconds: 3600 });
    await server.reload({ masters: [second.address], refreshSeconds: 3600 });
    await until("the other cluster", async () => (await web(server)) === "203.0.113.2");
  });

  it.each([
    ["is not JSON", "{", /is not JSON, line 1/],
    ["breaks a rule", { SOARetry: -1 }, /has 2 faults:\n {2}SOARetry: got -1/],
    [
      "names a certificate that is not there",
      { masters: ["192.0.2.1"], CACertFile: "/nonexistent" },
      /CACertFile cannot be/,
    ],
  ])("keeps the configuration as it was if the file %s", async (_, config, why) => {
    const master = await startMaster(GOOD);
    const server = await startServer([master]);
    const line = await server.reload(config);
    expect([line.level, line.msg]).toEqual(["error", expect.stringMatching(/^the configuration stays as it was: /)]);
    expect(line.msg).toMatch(why);
    expect(await server.metric("mesos_dns_config_last_reload_successful")).toBe(0);
    expect(await server.metric("mesos_dns_config_reload_failures_total")).toBe(1);
    expect(lines((await askUdp(server, "web.marathon.mesos")).answers)).toEqual([
      "web.marathon.mesos 60 A 203.0.113.1",
    ]);
    expect((await server.reload({ masters: [master.address], ttl: 8 })).msg).toBe("changed ttl");
    expect(await server.metric("mesos_dns_config_last_reload_successful")).toBe(1);
  });

  it("says that there is nothing to change", async () => {
    const master = await startMaster(GOOD);
    const server = await startServer([master]);
    expect((await server.reload({ masters: [master.address] })).msg).toBe("nothing to change");
  });
});

describe("SIGTERM", () => {
  async function endOf(server: Server, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const asked = performance.now();
    server.signal(signal);
    expect(await server.exited).toBe(0);
    expect(performance.now() - asked).toBeLessThan(STOP_MS);
    expect(server.log.at(-1)?.msg).toBe("stopped");
  }

  it.each(["SIGTERM", "SIGINT"] as const)("%s ends the process with status 0", async (signal) => {
    const server = await startServer([await startMaster(GOOD)]);
    await endOf(server, signal);
    expect(server.log.find(({ msg }) => msg === "stopping")?.signal).toBe(signal);
    expect(server.troubles()).toEqual([]);
  });

  it("lets answers in flight arrive, over TCP and UDP", async () => {
    const { upstream, answer } = await startHeldUpstream("198.51.100.1");
    const config = { externalon: true, resolvers: [upstream.address] };
    const server = await startServer([await startMaster(GOOD)], config);
    const client = await TcpClient.connect(server);
    client.send(encodeQuery("tcp.example.com"));
    const overUdp = askUdp(server, "udp.example.com");
    await until("both queries", () => upstream.queries.length === 2);

    const ended = endOf(server);
    await server.logged(/^stopping$/);
    answer();
    expect(lines(decode(await client.receive()).answers)).toEqual(["tcp.example.com 9 A 198.51.100.1"]);
    expect(lines((await overUdp).answers)).toEqual(["udp.example.com 9 A 198.51.100.1"]);
    client.close();
    await ended;
  });

  it("waits neither for idle connections, nor for a silent master or resolver", async () => {
    const [master, upstream] = [await startMaster(GOOD), await startUpstream(() => undefined)];
    const config = { externalon: true, resolvers: [upstream.address], timeout: 3600 };
    const server = await startServer([master], config);
    master.answer({ silent: true });
    const [idle, waiting] = [await TcpClient.connect(server), await TcpClient.connect(server)];
    waiting.send(encodeQuery("www.example.com"));
    const http = await server.fetch("/healthz");
    await http.text();
    const requests = master.requests.length;
    await until("the silence", () => master.requests.length > requests && upstream.queries.length > 0);
    await endOf(server);
    idle.close();
    waiting.close();
  });

  it("does not wait for a connection to a master that is neither made nor refused", async () => {
    const at = { host: "127.0.0.1", port: await freePort() };
    holdTcp(at, 0);
    // These are accepted by nobody; there is no room for one more, whose first packet the kernel throws away.
    for (let i = 0; i < 2; i++) {
      const filler = connect(at).on("error", () => {});
      onTestFinished(() => void filler.destroy());
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    const server = await startServer([{ address: `${at.host}:${at.port}` }], {}, { until: "listening" });
    await server.stop();
    expect(server.log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("ends a server that has never found a master", async () => {
    const server = await startServer([await startMaster()], {}, { until: "listening" });
    await endOf(server);
  });

  it("a second one changes nothing", async () => {
    const server = await startServer([await startMaster(GOOD)]);
    server.signal("SIGTERM");
    await endOf(server);
    expect(server.log.filter(({ msg }) => msg === "stopping")).toHaveLength(1);
  });
});
