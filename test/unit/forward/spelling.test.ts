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

/** Knows its names by the letter, and says `no` to all others. */
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
  ["what is no message", (query) => say(query).fill(0xff, 6, 12)],
];

const queriesOf = (server: ScriptedServer) => server.queries.map(({ message }) => spelled(message));
const isLower = (text: string) => text === text.toLowerCase();

describe("a resolver that knows names in one spelling only", () => {
  test.each(NOES)("and says %s to others is found with the first, and asked in the client's from then on", (_, no) => {
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
  });

  test.each(NOES)(
    "and says %s is found though it takes other names in any spelling, and has none for some",
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

  test("and says nothing to others answers every question all the same, and is found", () => {
    const { rig, server } = rigOf(minding(silent));
    rig.forwarder.start();
    for (let i = 0; i < 12; i++) expect(rig.get(`name-${i}.weave.example`, {}, 5_000).rcode).toBe("NOERROR");
    expect(rig.minding).toEqual([ADDRESS]);
    expect(rig.health).toEqual([]);
    server.queries.length = 0;
    rig.get("redis.weave.example");
    expect(queriesOf(server)).toEqual(["redis.weave.example"]);
  });

  test("and says nothing to others is found though there is a second one to ask", () => {
    const servers = [new ScriptedServer(minding(silent)), new ScriptedServer(answering)];
    const rig = new Rig({ "192.0.2.1": servers[0], "192.0.2.2": servers[1] });
    rig.forwarder.start();
    for (let i = 0; i < 20; i++) expect(rig.get(`name-${i}.weave.example`, {}, 1_000).rcode).toBe("NOERROR");
    expect(rig.minding).toEqual(["192.0.2.1:53"]);
    expect(rig.health).toEqual([]);
  });

  test("and says nothing to others, but knows some in any, answers those too", () => {
    const { rig } = rigOf((query, via) =>
      asked(query).endsWith("other.example") ? answering(query, via) : minding(silent)(query, via),
    );
    for (let i = 0; i < 30; i++) rig.get(`${i}.other.example`);
    for (let i = 0; i < 5; i++) expect(rig.get(`name-${i}.weave.example`, {}, 1_000).rcode).toBe("NOERROR");
  });

  test("is asked in the client's spelling, whatever that is; a no to an odd one is not kept for others", () => {
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

  test("is not asked in mixed case at all with mixedCase off, whatever it was before", () => {
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

describe("a resolver that takes all spellings for the same", () => {
  test.each(NOES)(
    "and says %s to many names is asked a few more queries in all, and goes on in mixed case",
    (_, no) => {
      const { rig, server } = rigOf(no);
      const plain = rigOf(no, { mixedCase: false });
      const names = Array.from({ length: 200 }, (_, i) => `some-name-${i}.example`);
      for (const made of [rig, plain.rig]) for (const name of names) made.get(name, {}, 5_000);
      // FORMERR without EDNS takes two queries each time.
      expect(server.queries.length - plain.server.queries.length).toBeLessThanOrEqual(16);
      expect(rig.minding).toEqual([]);
      expect(rig.forwarder.report().upstreams[ADDRESS]).toMatchObject({ mixedCase: true, mindsCase: false });
      expect(isLower(queriesOf(server).at(-1) ?? "")).toBe(false);
      rig.expectIdle();
    },
  );

  test("and fails now and then is not thought to mind", () => {
    const { rig, server } = rigOf();
    for (let i = 0; i < 200; i++) {
      let left = i % 3;
      server.script = (query, via) => (left-- > 0 ? failing(RCODES.SERVFAIL)(query, via) : answering(query, via));
      rig.get(`some-name-${i}.example`);
      // One that fails twice in a row in other spellings would look like it.
      if (i % 3 === 2) server.script = answering;
    }
    expect(rig.minding).toEqual([]);
  });

  test.each([0.05, 0.2, 0.4])("and loses %d of all queries is not thought to mind", (share) => {
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

  test("and changes the letters is asked in lower case, and a no of its costs no further query", () => {
    const { rig, server } = rigOf((query) => say(query, { rcode: RCODES.NXDOMAIN, name: asked(query), options: [] }));
    for (let i = 0; i < 5; i++) rig.get(`Some-Name-${i}.example`);
    expect(queriesOf(server).slice(2)).toEqual([1, 2, 3, 4].map((i) => `some-name-${i}.example`));
    expect(rig.minding).toEqual([]);
  });
});
