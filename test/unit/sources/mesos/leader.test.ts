import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../src/base/errors.js";
import { formatHostPort, type HostPort } from "../../../../src/base/host-port.js";
import type { BodyReader } from "../../../../src/sources/mesos/client.js";
import { LeaderFinder, listedMasters, type MasterSource } from "../../../../src/sources/mesos/leader.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster } from "../../../support/scripted-master.js";
import { ManualTimers } from "../../../support/timers.js";

const never = new AbortController().signal;
const A = endpoint("192.0.2.1:5050");
const B = endpoint("192.0.2.2:5050");
const C = endpoint("192.0.2.3:5050");

function endpoint(text: string): HostPort {
  const [host = "", port] = text.split(":");
  return { host, port: Number(port) };
}

/** Masters by address: each has the state that it answers with, the master that it redirects to, or the error of asking it. */
type Masters = Readonly<Record<string, Json | HostPort | Error | undefined>>;

/** A finder in a network of such masters, and the addresses that it asks, in order. */
function network(
  masters: Masters,
  listed: readonly HostPort[] | MasterSource,
  names: Readonly<Record<string, string[]>> = {},
) {
  const asked: string[] = [];
  const current = { masters };
  const fetchState = async <Content>(master: HostPort, _: AbortSignal, reader: BodyReader<Content>) => {
    const address = formatHostPort(master);
    asked.push(address);
    const answer = current.masters[address] ?? unreachable(address);
    if (answer instanceof Error) throw answer;
    const from = "host" in answer ? (answer as HostPort) : master;
    const body = Buffer.from(JSON.stringify(current.masters[formatHostPort(from)]));
    reader.add(body);
    return { content: reader.end(), bytes: body.length, from };
  };
  const resolve = async (host: string) => {
    if (/^[\d.]+$/.test(host)) return [host];
    const addresses = names[host];
    if (addresses === undefined) throw new Error(`${host} does not resolve`);
    return addresses;
  };
  const subscribe = async () => Promise.reject(new Error("no stream here"));
  const client = { fetchState, subscribe, close: async () => {} };
  const source = "candidates" in listed ? listed : listedMasters(listed);
  const finder = new LeaderFinder({ client, source, resolve, timers: new ManualTimers() });
  return { finder, asked, current };
}

const unreachable = (address: string) => new MesosDnsError("MASTER_UNREACHABLE", `cannot reach ${address}`);
const at = ({ host, port }: HostPort) => `master@${host}:${port}`;

/** The state of the master `pid`, which names `leader` as the leader. */
const stateNaming = (leader: HostPort, pid?: HostPort): Json => ({
  ...cluster({ agents: pid === leader ? [agent("S0")] : [] }),
  leader: at(leader),
  ...(pid && { pid: at(pid) }),
});
const leading = (master: HostPort) => stateNaming(master, master);

describe("the leader", () => {
  it("is the first listed master whose state names itself", async () => {
    const { finder, asked } = network({ "192.0.2.2:5050": leading(B) }, [A, B, C]);
    const found = await finder.read(never);
    expect(found).toMatchObject({ leader: B, masters: [A, B, C], fetchMs: 0, parseMs: 0 });
    expect(found.cluster.agents.size).toBe(1);
    expect(found.bytes).toBe(JSON.stringify(leading(B)).length);
    expect(asked).toEqual(["192.0.2.1:5050", "192.0.2.2:5050"]);
  });

  it("is asked first the next time, until it fails", async () => {
    const { finder, asked, current } = network({ "192.0.2.2:5050": leading(B) }, [A, B, C]);
    await finder.read(never);
    await finder.read(never);
    expect(asked.splice(0)).toEqual(["192.0.2.1:5050", "192.0.2.2:5050", "192.0.2.2:5050"]);
    current.masters = { "192.0.2.3:5050": leading(C) };
    expect((await finder.read(never)).leader).toEqual(C);
    expect(asked).toEqual(["192.0.2.2:5050", "192.0.2.1:5050", "192.0.2.3:5050"]);
  });

  it("is not asked first again when it has failed and no other master leads", async () => {
    const { finder, asked, current } = network({ "192.0.2.2:5050": leading(B) }, [A, B, C]);
    await finder.read(never);
    current.masters = {};
    await expect(finder.read(never)).rejects.toThrow("cannot reach");
    asked.splice(0);
    await expect(finder.read(never)).rejects.toThrow("cannot reach");
    expect(asked).toEqual(["192.0.2.1:5050", "192.0.2.2:5050", "192.0.2.3:5050"]);
  });

  it("is asked when a non-leader's 200 with empty lists names it", async () => {
    const { finder, asked } = network({ "192.0.2.1:5050": stateNaming(C, A), "192.0.2.3:5050": leading(C) }, [A, B]);
    const found = await finder.read(never);
    expect(found.leader).toEqual(C);
    expect(found.cluster.agents.size).toBe(1);
    expect(asked).toEqual(["192.0.2.1:5050", "192.0.2.3:5050"]);
  });

  it("is asked only once, however many masters name it", async () => {
    const masters = { "192.0.2.1:5050": stateNaming(C, A), "192.0.2.2:5050": stateNaming(C, B) };
    const { finder, asked } = network(masters, [A, B, C]);
    await expect(finder.read(never)).rejects.toThrow("no leading Mesos master gave its state");
    expect(asked).toEqual(["192.0.2.1:5050", "192.0.2.3:5050", "192.0.2.2:5050"]);
  });

  it("is not searched for any further if the named master names another one", async () => {
    const masters = { "192.0.2.1:5050": stateNaming(B, A), "192.0.2.2:5050": stateNaming(A, B) };
    const { finder } = network(masters, [A]);
    await expect(finder.read(never)).rejects.toMatchObject({
      code: "MASTER_NOT_LEADING",
      message:
        "no leading Mesos master gave its state: " +
        "Mesos master 192.0.2.1:5050 does not lead: it names 192.0.2.2:5050; " +
        "Mesos master 192.0.2.2:5050 does not lead: it names 192.0.2.1:5050",
    });
  });

  it("is the master that a redirect led to", async () => {
    const { finder, asked } = network({ "192.0.2.1:5050": B, "192.0.2.2:5050": leading(B) }, [A, B]);
    expect((await finder.read(never)).leader).toEqual(B);
    await finder.read(never);
    expect(asked).toEqual(["192.0.2.1:5050", "192.0.2.2:5050"]);
  });
});

describe("a master that answers is the leader", () => {
  const NAMED = { host: "master.example.com", port: 5050 };
  const ask = (from: HostPort, state: Json, names?: Record<string, string[]>) =>
    network({ [formatHostPort(from)]: state }, [from], names).finder.read(never);

  it("if its own pid is the leader's, at whatever address it answered", async () => {
    expect((await ask({ host: "balancer.example.com", port: 80 }, leading(A))).leader.host).toBe(
      "balancer.example.com",
    );
  });

  it("if its address is the leader's, whatever its pid", async () => {
    expect((await ask(A, stateNaming(A, B))).leader).toEqual(A);
    expect((await ask(A, stateNaming(A))).leader).toEqual(A);
  });

  it("if its host name resolves to the leader's address, or the leader's to its own", async () => {
    const names = { "master.example.com": ["192.0.2.9", "192.0.2.1"] };
    expect((await ask(NAMED, stateNaming(A), names)).leader).toEqual(NAMED);
    expect((await ask(A, stateNaming(NAMED), names)).leader).toEqual(A);
  });

  it.each([
    ["on another port", { ...NAMED, port: 5051 }, { "master.example.com": ["192.0.2.1"] }],
    ["at another address", NAMED, { "master.example.com": ["192.0.2.2"] }],
    ["under a name that does not resolve", NAMED, {}],
  ])("but not %s", async (_, from, names) => {
    await expect(ask(from, stateNaming(A), names)).rejects.toMatchObject({ code: "MASTER_NOT_LEADING" });
  });
});

describe("a search that finds no leader", () => {
  it("reports the failure of a single master as it is", async () => {
    const { finder } = network({}, [A]);
    await expect(finder.read(never)).rejects.toThrow(/^cannot reach 192\.0\.2\.1:5050$/);
  });

  it("reports the failure of each master, with the most telling code", async () => {
    const status = new MesosDnsError("MASTER_STATUS", "Mesos master 192.0.2.2:5050 answered 503");
    const { finder } = network({ "192.0.2.2:5050": status }, [A, B]);
    await expect(finder.read(never)).rejects.toMatchObject({
      code: "MASTER_STATUS",
      message:
        "no leading Mesos master gave its state: cannot reach 192.0.2.1:5050; Mesos master 192.0.2.2:5050 answered 503",
    });
  });

  it("names the master that knows no leader", async () => {
    const { finder } = network({ "192.0.2.1:5050": cluster({}) }, [A]);
    await expect(finder.read(never)).rejects.toMatchObject({ code: "MASTER_NOT_LEADING" });
  });

  it("ends at a failed login, which would fail at every master", async () => {
    const { finder, asked } = network({ "192.0.2.1:5050": new MesosDnsError("LOGIN_FAILED", "login failed") }, [A, B]);
    await expect(finder.read(never)).rejects.toMatchObject({ code: "LOGIN_FAILED" });
    expect(asked).toHaveLength(1);
  });

  it("ends when it is stopped, with the reason", async () => {
    const { finder, asked } = network({ "192.0.2.1:5050": new Error("stopping") }, [A, B]);
    await expect(finder.read(AbortSignal.abort())).rejects.toThrow("stopping");
    expect(asked).toHaveLength(1);
  });

  it("reports the error of the source of masters if that knows none", async () => {
    const none = new MesosDnsError("ZOOKEEPER_NO_MASTERS", "ZooKeeper named no master");
    const { finder, asked } = network({}, { masters: () => [], candidates: () => Promise.reject(none) });
    await expect(finder.read(never)).rejects.toBe(none);
    expect(asked).toEqual([]);
  });

  it("says so if no masters are known", async () => {
    await expect(network({}, []).finder.read(never)).rejects.toThrow("no Mesos masters are known");
  });
});
