import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { optOf } from "../support/dns.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { Server } from "../support/server.js";

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

/** What HAProxy's `accepted_payload_size` and its like are for: a service of hundreds or thousands of instances. */
const SERVICES = { small: 200, large: 4080, huge: 4092 };

const STATE = cluster({
  agents: [agent("S0")],
  frameworks: [
    framework("marathon", {
      tasks: Object.entries(SERVICES).map(([name, count]) => task(name, { agent: "S0", ip: addresses(count) })),
    }),
  ],
});

describe.each(["batch", "dgram"])("over UDP, by the engine %s,", (udpEngine) => {
  let master: ScriptedMaster;
  let server: Server;

  beforeAll(async () => {
    master = await ScriptedMaster.start();
    master.lead(STATE);
    server = await Server.start({ masters: [master.address], listener: "::", udpEngine, maxUdpPayload: 65_535 });
  });
  afterAll(async () => {
    await server.stop();
    await master.stop();
  });

  it.each(["127.0.0.1", "::1"])(
    "an answer has as many octets as the client and a datagram take, at %s",
    async (host) => {
      const at = { host, port: server.port };
      const whole = await askUdp(at, "large.marathon.mesos", { edns: 65_535 });
      expect([whole.flag_tc, whole.answers?.length]).toEqual([false, SERVICES.large]);
      expect((await askUdp(at, "huge.marathon.mesos", { edns: 65_535 })).flag_tc).toBe(true);
      expect((await askTcp(at, "huge.marathon.mesos")).answers).toHaveLength(SERVICES.huge);
      const haproxy = await askUdp(at, "small.marathon.mesos", { edns: 8192 });
      expect([haproxy.flag_tc, haproxy.answers?.length]).toEqual([false, SERVICES.small]);
      expect((await askUdp(at, "large.marathon.mesos", { edns: 8192 })).flag_tc).toBe(true);
    },
  );

  it("no more is offered to clients than is read of a query", async () => {
    const answer = await askUdp({ host: "127.0.0.1", port: server.port }, "small.marathon.mesos", { edns: 8192 });
    expect(optOf(answer)?.udpPayloadSize).toBe(4096);
  });
});
