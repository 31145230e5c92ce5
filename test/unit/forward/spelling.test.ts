import { describe, expect, test } from "vitest";
import { lines, type Message } from "../../support/dns.js";
import {
  a,
  answering,
  asked,
  failing,
  RCODES,
  Rig,
  rigOf,
  type Script,
  ScriptedServer,
  say,
  silent,
  soa,
} from "./support.js";

const ADDRESS = "192.0.2.53:53";
const SOA = soa("weave.example", 60, 60);

const spelled = (query: Message) => query.questions?.[0]?.name ?? "";

/** An upstream that compares letter case: it answers names in the `known` spelling, and all others by `no`. */
function minding(no: Script, known: RegExp = /^[a-z0-9-]+\.weave\.example$/): Script {
  return (query, via) => (known.test(spelled(query)) ? answering(query, via) : no(query, via));
}

const NOES: readonly (readonly [string, Script])[] = [
  ["NXDOMAIN", failing(RCODES.NXDOMAIN)],
  ["NXDOMAIN with an SOA", (query) => say(query, { rcode: RCODES.NXDOMAIN, authorities: [SOA], options: [] })],
  ["NODATA", (query) => say(query, { authorities: [SOA], options: [] })],
  ["SERVFAIL", failing(RCODES.SERVFAIL)],
  ["REFUSED", failing(RCODES.REFUSED)],
  ["FORMERR", failing(RCODES.FORMERR)],
  ["FORMERR without EDNS", (query) => say(query, { rcode: RCODES.FORMERR })],
  ["NOTIMP", failing(RCODES.NOTIMP)],
  ["a malformed message", (query) => say(query).fill(0xff, 6, 12)],
];

const queriesOf = (server: ScriptedServer) => server.queries.map(({ message }) => spelled(message));
const isLower = (text: string) => text === text.toLowerCase();

describe("an upstream that knows names in one spelling only", () => {
  test.each(NOES)(
    "and replies %s to others is found with the first name, and asked in the client's spelling from then on",
    (_, no) => {
      const { rig, server } = rigOf(minding(no));
      expect(lines(rig.get("redis.weave.example").answers)).toEqual(["redis.weave.example 300 A 192.0.2.1"]);
      expect(rig.minding).toEqual([ADDRESS]);
      const report = rig.forwarder.report().upstreams[ADDRESS];
      expect(report).toMatchObject({ mixedCase: false, mindsCase: true, health: "up" });
      const before = server.queries.length;
      for (let i = 0; i < 20; i++) expect(rig.get(`name-${i}.weave.example`).rcode).toBe("NOERROR");
      expect(queriesOf(server).slice(before)).toEqual(Array.from({ length: 20 }, (_, i) => `name-${i}.weave.example`));
      expect(rig.minding).toHaveLength(1);
      rig.expectIdle();
    },
  );

  test.each(NOES)(
    "and replies %s to others is found even if it knows other names in any spelling, and some not at all",
    (_, no) => {
      const known = /^redis\.weave\.example$|other\.example$/i;
      const { rig } = rigOf((query, via) =>
        known.test(spelled(query)) && (isLower(spelled(query)) || !asked(query).includes("weave"))
          ? answering(query, via)
          : no(query, via),
      );
      for (let i = 0; i < 30; i++) rig.get(`${i}.other.example`);
      for (const name of ["typo.weave.example", "none.example", "nothing.weave.example"]) rig.get(name, {}, 5_000);
      expect(rig.minding).toEqual([]);
      expect(rig.get("redis.weave.example").rcode).toBe("NOERROR");
      expect(rig.minding).toEqual([ADDRESS]);
    },
  );

  test("and is silent on others is found, and all questions are answered meanwhile", () => {
    const { rig, server } = rigOf(minding(silent));
    rig.forwarder.start();
    for (let i = 0; i < 12; i++) expect(rig.get(`name-${i}.weave.example`, {}, 5_000).rcode).toBe("NOERROR");
    expect(rig.minding).toEqual([ADDRESS]);
    expect(rig.health).toEqual([]);
    server.queries.length = 0;
    rig.get("redis.weave.example");
    expect(queriesOf(server)).toEqual(["redis.weave.example"]);
  });

  test("and is silent on others is found even if there is a second upstream", () => {
    const servers = [new ScriptedServer(minding(silent)), new ScriptedServer(answering)];
    const rig = new Rig({ "192.0.2.1": servers[0], "192.0.2.2": servers[1] });
    rig.forwarder.start();
    for (let i = 0; i < 20; i++) expect(rig.get(`name-${i}.weave.example`, {}, 1_000).rcode).toBe("NOERROR");
    expect(rig.minding).toEqual(["192.0.2.1:53"]);
    expect(rig.health).toEqual([]);
  });

  test("and is silent on others has its names answered even if it knows other names in any spelling", () => {
    const { rig } = rigOf((query, via) =>
      asked(query).endsWith("other.example") ? answering(query, via) : minding(silent)(query, via),
    );
    for (let i = 0; i < 30; i++) rig.get(`${i}.other.example`);
    for (let i = 0; i < 5; i++) expect(rig.get(`name-${i}.weave.example`, {}, 1_000).rcode).toBe("NOERROR");
  });

  test("is asked in the client's spelling, and a negative reply to an unusual one is not cached for other clients", () => {
    const { rig, server } = rigOf((query) => {
      if (spelled(query) === "Redis.Weave.example")
        return say(query, { answers: [a("redis.weave.example")], options: [] });
      return minding(failing(RCODES.NXDOMAIN))(query, "udp");
    });
    rig.get("redis.weave.example");
    rig.get("Redis.Weave.example", { type: "AAAA" });
    expect(queriesOf(server).at(-1)).toBe("Redis.Weave.example");
    expect(rig.get("WEB.weave.example").rcode).toBe("NXDOMAIN");
    expect(rig.get("web.weave.example").rcode).toBe("NOERROR");
  });

  test("is never asked in mixed case with mixedCase off, even if it was before", () => {
    const { rig, server } = rigOf(minding(failing(RCODES.NXDOMAIN)), { mixedCase: false });
    expect(rig.get("redis.weave.example").rcode).toBe("NOERROR");
    expect(queriesOf(server)).toEqual(["redis.weave.example"]);
    expect(rig.minding).toEqual([]);
    const other = rigOf();
    other.rig.get("a-long-name.example");
    other.rig.forwarder.configure({ ...other.rig.policy(), mixedCase: false });
    other.rig.get("another-name.example");
    expect(queriesOf(other.server).map(isLower)).toEqual([false, true]);
  });
});

describe("an upstream that ignores letter case", () => {
  test.each(NOES)(
    "and replies %s to many names gets a few additional queries in all, and is still asked in mixed case",
    (_, no) => {
      const { rig, server } = rigOf(no);
      const plain = rigOf(no, { mixedCase: false });
      const names = Array.from({ length: 200 }, (_, i) => `some-name-${i}.example`);
      for (const made of [rig, plain.rig]) for (const name of names) made.get(name, {}, 5_000);
      // FORMERR without EDNS takes two queries for each name.
      expect(server.queries.length - plain.server.queries.length).toBeLessThanOrEqual(16);
      expect(rig.minding).toEqual([]);
      expect(rig.forwarder.report().upstreams[ADDRESS]).toMatchObject({ mixedCase: true, mindsCase: false });
      expect(isLower(queriesOf(server).at(-1) ?? "")).toBe(false);
      rig.expectIdle();
    },
  );

  test("and fails now and then is not found to mind letter case", () => {
    const { rig, server } = rigOf();
    for (let i = 0; i < 200; i++) {
      let left = i % 3;
      server.script = (query, via) => (left-- > 0 ? failing(RCODES.SERVFAIL)(query, via) : answering(query, via));
      rig.get(`some-name-${i}.example`);
      // Two failures in a row in mixed case would look like an upstream that minds it.
      if (i % 3 === 2) server.script = answering;
    }
    expect(rig.minding).toEqual([]);
  });

  test.each([0.05, 0.2, 0.4])("and loses %d of all queries is not found to mind letter case", (share) => {
    for (let seed = 1; seed <= 5; seed++) {
      let state = seed;
      const { rig } = rigOf((query, via) => {
        state = (state * 48_271) % 0x7fff_ffff;
        return state / 0x7fff_ffff < share ? undefined : answering(query, via);
      });
      for (let i = 0; i < 100; i++) rig.get(`some-name-${i}.example`, {}, 5_000);
      expect(rig.minding).toEqual([]);
      expect(rig.forwarder.report().upstreams[ADDRESS].mixedCase).toBe(true);
    }
  });

  test("and changes it in replies is asked in lower case, and its negative replies cost no further query", () => {
    const { rig, server } = rigOf((query) => say(query, { rcode: RCODES.NXDOMAIN, name: asked(query), options: [] }));
    for (let i = 0; i < 5; i++) rig.get(`Some-Name-${i}.example`);
    expect(queriesOf(server).slice(2)).toEqual([1, 2, 3, 4].map((i) => `some-name-${i}.example`));
    expect(rig.minding).toEqual([]);
  });
});
