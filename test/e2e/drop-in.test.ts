import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import { Server } from "../support/server.js";

/** What a set-up of Mesos-DNS from 2015 to 2019 holds, and means. */
const SET_UP = {
  listener: "",
  httplistener: "",
  timeout: 0,
  externalon: false,
  resolvers: ["ns.example", "10.0.0.2;10.0.0.3"],
  SOAMname: "mesos_dns.mesos.",
  SOARname: "root@mesos_dns.mesos",
  email: "root.mesos-dns.mesos",
};

/** What Kubernetes sets for every container beside a service called mesos-dns. */
const SERVICE = {
  MESOS_DNS_SERVICE_HOST: "10.96.0.53",
  MESOS_DNS_SERVICE_PORT: "53",
  MESOS_DNS_PORT: "udp://10.96.0.53:53",
  MESOS_DNS_PORT_53_UDP: "udp://10.96.0.53:53",
  MESOS_DNS_PORT_53_UDP_ADDR: "10.96.0.53",
};

describe.each(["batch", "dgram"])("what Mesos-DNS serves with is served with, by the engine %s:", (udpEngine) => {
  let master: ScriptedMaster;
  let server: Server;

  beforeAll(async () => {
    master = await ScriptedMaster.start();
    master.lead(webAt("203.0.113.1"));
    const args = ["-v=10", "-logtostderr", "-log_dir", "/var/log/mesos-dns", "-stderrthreshold=INFO"];
    const options = { args, env: { ...SERVICE, MESOS_DNS_UDPENGINE: udpEngine } };
    server = await Server.start({ masters: [master.address], ...SET_UP }, options);
  });
  afterAll(async () => {
    await server.stop();
    await master.stop();
  });

  it.each(["127.0.0.1", "127.0.0.2", "::1"])("an empty listener is every address, such as %s", async (host) => {
    const at = { host, port: server.port };
    for (const ask of [askUdp, askTcp])
      expect(lines((await ask(at, "web.marathon.mesos")).answers)).toEqual(["web.marathon.mesos 60 A 203.0.113.1"]);
  });

  it("the SOA has underscores in its names", async () => {
    const { answers } = await askUdp({ host: "127.0.0.1", port: server.port }, "mesos", { type: "SOA" });
    expect(lines(answers)[0]).toMatch(/ SOA mesos_dns\.mesos root\.mesos_dns\.mesos /);
  });

  it("all that means something else, or nothing, is said once", () => {
    const warnings = server.log.filter(({ level }) => level === "warn").map(({ msg }) => msg);
    expect(warnings).toEqual([
      expect.stringMatching(/^-logtostderr, -log_dir, -stderrthreshold are ignored/),
      "email is ignored: SOARname took its place",
      expect.stringMatching(/^MESOS_DNS_PORT, .*MESOS_DNS_SERVICE_PORT ignored: Kubernetes or Docker set this/),
      "timeout: 0 is taken as the default, 5",
      expect.stringMatching(/^resolvers\[0\]: .* It is not used, as externalon is false$/),
      expect.stringMatching(/^resolvers\[1\]: .* It is not used, as externalon is false$/),
    ]);
  });
});

it("a listener that is a host name is looked up", async () => {
  const config = { listener: "localhost", httplistener: "localhost" };
  const server = await startServer([await startMaster(webAt("203.0.113.1"))], config);
  const { answers } = await askUdp({ host: "127.0.0.1", port: server.port }, "web.marathon.mesos");
  expect(lines(answers)).toEqual(["web.marathon.mesos 60 A 203.0.113.1"]);
  expect(await server.json("/v1/config")).toMatchObject({ Listener: "127.0.0.1", HTTPListener: "127.0.0.1" });
});
