import { describe, expect, test } from "vitest";
import { type GroupPolicy, Groups } from "../../../src/forward/groups.js";
import type { MakeLinks } from "../../../src/forward/upstream.js";
import { Query } from "../../../src/wire/query.js";
import { encodeQuery } from "../../support/dns.js";
import { resolver } from "./support.js";

function groupsOf(policy: Partial<Record<keyof GroupPolicy, unknown>> = {}) {
  const closed: string[] = [];
  const made: (string | undefined)[] = [];
  const makeLinks: MakeLinks = ({ host }, authorities) => {
    made.push(authorities);
    const nothing = () => undefined;
    const close = () => closed.push(host);
    const link = { inFlight: 0, send: nothing, expire: nothing, forgetUnwanted: nothing, close };
    return { datagrams: undefined, stream: link };
  };
  const groups = new Groups(makeLinks, policyOf(policy));
  const of = (name: string | Buffer) => {
    const message = typeof name === "string" ? encodeQuery(name) : name;
    const query = new Query();
    query.read(message, message.length, 1);
    return groups.of(query);
  };
  return { groups, closed, made, of };
}

function policyOf({
  resolvers = ["192.0.2.1"],
  zoneResolvers = {},
  authorities,
}: Partial<Record<keyof GroupPolicy, unknown>>): GroupPolicy {
  const read = (list: readonly string[]) => list.map(resolver);
  const zones = Object.entries(zoneResolvers as Record<string, string[]>).map(([zone, list]) => [zone, read(list)]);
  return {
    resolvers: read(resolvers as string[]),
    zoneResolvers: Object.fromEntries(zones),
    authorities: authorities as string | undefined,
  };
}

const ZONES = { example: ["192.0.2.2"], "corp.example": ["192.0.2.3"], "10.in-addr.arpa": ["192.0.2.4"] };

describe("the upstreams for a name", () => {
  test.each([
    ["www.example.com", ""],
    ["", ""],
    ["com", ""],
    ["example", "example"],
    ["EXAMPLE", "example"],
    ["www.example", "example"],
    ["xcorp.example", "example"],
    ["corp.example", "corp.example"],
    ["a.b.c.corp.example", "corp.example"],
    ["corp.example.com", ""],
    ["1.2.3.10.in-addr.arpa", "10.in-addr.arpa"],
    ["1.2.3.110.in-addr.arpa", ""],
  ])("of %s are those of the zone %j", (name, zone) => {
    expect(groupsOf({ zoneResolvers: ZONES }).of(name).zone).toBe(zone);
  });

  test("with a dot inside a label are not those of the zone that its text looks like", () => {
    const message = encodeQuery("www.corp-example");
    message[message.indexOf("-")] = 0x2e;
    expect(groupsOf({ zoneResolvers: ZONES }).of(message).zone).toBe("");
  });
});

describe("a new configuration", () => {
  test("keeps the state of upstreams that stay, in whatever list, and closes each other one once", () => {
    const { groups, closed, of } = groupsOf({ resolvers: ["192.0.2.1", "192.0.2.2"], zoneResolvers: ZONES });
    const [, shared] = of("com").upstreams;
    expect(of("example").upstreams).toEqual([shared]);
    groups.configure(policyOf({ resolvers: ["192.0.2.9"], zoneResolvers: { example: ["192.0.2.2"] } }));
    expect(of("example").upstreams[0]).toBe(shared);
    expect(of("corp.example").zone).toBe("example");
    expect(closed.toSorted()).toEqual(["192.0.2.1", "192.0.2.3", "192.0.2.4"]);
    expect([...groups.upstreams].map(({ name }) => name).toSorted()).toEqual(["192.0.2.2:53", "192.0.2.9:53"]);
  });

  test("gives a zone another scope with other upstreams, and the same scope again with the same ones", () => {
    const { groups, of } = groupsOf({ zoneResolvers: ZONES });
    const before = ["com", "example", "corp.example"].map((name) => of(name).scope);
    expect(new Set(before).size).toBe(3);
    groups.configure(policyOf({ zoneResolvers: { ...ZONES, example: ["192.0.2.3"] } }));
    const [others, example, corp] = ["com", "example", "corp.example"].map((name) => of(name).scope);
    expect([others, corp]).toEqual([before[0], before[2]]);
    expect(before).not.toContain(example);
    groups.configure(policyOf({ zoneResolvers: ZONES }));
    expect(of("example").scope).toBe(before[1]);
  });

  test("with other authorities connects anew to upstreams over TLS, and to no others", () => {
    const resolvers = ["192.0.2.1", "tls://192.0.2.2#dns.example"];
    const { groups, closed, made } = groupsOf({ resolvers, authorities: "old" });
    groups.configure(policyOf({ resolvers, authorities: "new" }));
    expect(closed).toEqual(["192.0.2.2"]);
    expect(made).toEqual(["old", "old", "new"]);
    groups.configure(policyOf({ resolvers, authorities: "new" }));
    expect(closed).toHaveLength(1);
  });
});
