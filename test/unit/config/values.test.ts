import { describe, expect, test } from "vitest";
import { configOf, faultsOf, load, MASTERS, warningsOf } from "./support.js";

describe("numbers", () => {
  test.each([
    ["port", 1, 65_535],
    ["httpport", 1, 65_535],
    ["ttl", 0, 2_147_483_647],
    ["refreshSeconds", 1, 2_147_483],
    ["stateTimeoutSeconds", 1, 2_147_483],
    ["stateMaxBytes", 1, 4_294_967_295],
    ["stateMaxAgeSeconds", 0, 2_147_483],
    ["zkDetectionTimeout", 0, 2_147_483],
    ["timeout", 1, 2_147_483],
    ["SOARefresh", 0, 4_294_967_295],
    ["SOARetry", 0, 4_294_967_295],
    ["SOAExpire", 0, 4_294_967_295],
    ["SOAMinttl", 0, 4_294_967_295],
    ["srvRecordDefaultWeight", 0, 65_535],
    ["maxUdpPayload", 512, 4096],
  ] as const)("%s is an integer from %i to %i", (key, min, max) => {
    const allowed = `allowed: an integer from ${min} to ${max}`;
    expect(configOf({ [key]: min })[key]).toBe(min);
    expect(configOf({ [key]: max })[key]).toBe(max);
    expect(faultsOf({ [key]: min - 1 })).toEqual([`${key}: got ${min - 1}; ${allowed}`]);
    expect(faultsOf({ [key]: max + 1 })).toEqual([`${key}: got ${max + 1}; ${allowed}`]);
    expect(faultsOf({ [key]: max - 0.5 })).toEqual([`${key}: got ${max - 0.5}; ${allowed}`]);
  });

  test("written as strings are refused in the file, as by Mesos-DNS", () => {
    expect(faultsOf({ port: "53" })).toEqual(['port: got "53"; allowed: an integer from 1 to 65535']);
    expect(faultsOf({ ttl: "53abc" })).toEqual(['ttl: got "53abc"; allowed: an integer from 0 to 2147483647']);
  });
});

describe("values of the wrong kind", () => {
  test.each([
    ["dnson", "true", "true or false"],
    ["dnson", 1, "true or false"],
    ["domain", 7, "a domain name of at most 200 characters: labels of letters, digits and inner hyphens"],
    ["CACertFile", ["a"], "the path of a file, or an empty string for none"],
    ["masters", "192.0.2.1:5050", "a list of Mesos masters, each host:port"],
    ["masters", { a: { b: 1 } }, "a list of Mesos masters, each host:port"],
    ["port", { a: { b: 1 } }, "an integer from 1 to 65535"],
    ["zoneResolvers", ["192.0.2.53"], "an object that gives a list of resolvers for each zone"],
    ["mesosCredentials", ["ops", "s3cret"], "an object with principal and secret"],
  ])("%s is not %j", (key, value, allowed) => {
    const [fault, ...others] = faultsOf({ [key]: value });
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^${key}: got `));
    expect(fault).toContain(`; allowed: ${allowed}`);
  });

  test("null leaves a key at its default and empties a list, as in Go", () => {
    const config = configOf({
      port: null,
      zoneResolvers: null,
      mesosCredentials: null,
      resolvers: null,
      externalon: false,
    });
    expect(config).toMatchObject({ port: 53, zoneResolvers: {}, mesosCredentials: { principal: "" }, resolvers: [] });
    expect(configOf({ mesosCredentials: { principal: null } }).mesosCredentials.principal).toBe("");
    expect(faultsOf({ masters: null })).toEqual([
      "masters: got []; allowed: at least one Mesos master, host:port, unless zk is given",
    ]);
  });
});

describe("masters", () => {
  test.each([
    ["192.0.2.1:5051", "192.0.2.1", 5051],
    ["192.0.2.1", "192.0.2.1", 5050],
    ["[2001:DB8::1]:5051", "2001:db8::1", 5051],
    ["[2001:db8::1]", "2001:db8::1", 5050],
    ["Master-1.Example.COM.:80", "master-1.example.com", 80],
    ["localhost", "localhost", 5050],
  ])("%s is %s, port %i", (text, host, port) => {
    expect(configOf({ masters: [text] }).masters).toEqual([{ host, port }]);
  });

  test.each([
    "",
    ":5050",
    "192.0.2.1:",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "192.0.2.256:5050",
    "192.0.2.1:5050:1",
    "2001:db8::1",
    "2001:db8::1:5050",
    "[192.0.2.1]:5050",
    "[2001:db8::g]:5050",
    "http://192.0.2.1:5050",
    "bad_host",
    "-a.example",
    "a b",
    7,
    null,
  ])("refuse %j and say which entry it is", (text) => {
    const [fault] = faultsOf({ masters: ["192.0.2.9:5050", text] });
    expect(fault).toMatch(/^masters\[1\]: got .*; allowed: host:port, with /);
  });

  test("may not repeat, however they are spelled", () => {
    expect(faultsOf({ masters: ["[2001:db8::1]:5050", "[2001:DB8:0::1]"] })).toEqual([
      'masters[1]: got "[2001:DB8:0::1]"; allowed: each entry once',
    ]);
  });
});

describe("resolvers", () => {
  test.each([
    ["192.0.2.53", "192.0.2.53", 53],
    ["192.0.2.53:5353", "192.0.2.53", 5353],
    ["[2001:db8::53]:5353", "2001:db8::53", 5353],
    ["[2001:db8::53]", "2001:db8::53", 53],
    ["2001:DB8::53", "2001:db8::53", 53],
  ])("%s is %s, port %i", (text, host, port) => {
    expect(configOf({ resolvers: [text] }).resolvers).toEqual([{ host, port }]);
  });

  test.each(["", "ns.example", "192.0.2.53:0", "192.0.2.53:99999", "192.0.2", "[2001:db8::53", 53])(
    "refuse %j",
    (text) => {
      expect(faultsOf({ resolvers: [text] })).toEqual([
        `resolvers[0]: got ${JSON.stringify(text)}; ` +
          "allowed: an IP address, ip:port or [ipv6]:port with a port from 1 to 65535; for DNS over TLS tls://ip#name or tls://ip:port#name",
      ]);
    },
  );

  test("may not repeat", () => {
    expect(faultsOf({ resolvers: ["192.0.2.53", "192.0.2.53:53"] })).toEqual([
      'resolvers[1]: got "192.0.2.53:53"; allowed: each entry once',
    ]);
  });
});

describe("an empty list of resolvers", () => {
  const empty = { resolvers: [] };

  test("means those of the machine", () => {
    const { resolvers } = configOf(empty, { systemResolvers: () => ["192.0.2.53", "2001:db8::53", "192.0.2.53"] });
    expect(resolvers).toEqual([
      { host: "192.0.2.53", port: 53 },
      { host: "2001:db8::53", port: 53 },
    ]);
  });

  test("stays empty where nothing is forwarded", () => {
    expect(configOf({ ...empty, externalon: false }, { systemResolvers: () => ["192.0.2.53"] }).resolvers).toEqual([]);
  });

  test("with a machine that names no other warns, and the server can start", () => {
    expect(warningsOf(empty)).toEqual([
      "resolvers is empty and the machine names no other nameserver: outside names cannot be resolved",
    ]);
  });

  test("with a machine that cannot be asked is a fault", () => {
    const systemResolvers = () => {
      throw new Error("EACCES");
    };
    expect(faultsOf(empty, { systemResolvers })).toEqual([
      "resolvers: got []; allowed: at least one resolver, as those of the machine cannot be read (EACCES)",
    ]);
    expect(configOf({}, { systemResolvers }).resolvers).toHaveLength(1);
  });
});

describe("zoneResolvers", () => {
  test("are read into lower case without the final dot, sorted", () => {
    const { zoneResolvers } = configOf({
      zoneResolvers: { "Corp.Example.": ["192.0.2.53"], "2.0.192.in-addr.arpa": ["192.0.2.54:5353"] },
    });
    expect(Object.entries(zoneResolvers)).toEqual([
      ["2.0.192.in-addr.arpa", [{ host: "192.0.2.54", port: 5353 }]],
      ["corp.example", [{ host: "192.0.2.53", port: 53 }]],
    ]);
  });

  test("refuse the domain and zones inside it, but not one around it or beside it", () => {
    const domain = "dc1.example";
    const servers = ["192.0.2.53"];
    const allowed = "allowed: zones outside dc1.example, which is answered by this server";
    for (const zone of ["dc1.example", "DC1.example.", "a.dc1.example"])
      expect(faultsOf({ domain, zoneResolvers: { [zone]: servers } })[0]).toContain(allowed);
    for (const zone of ["example", "notdc1.example"])
      expect(configOf({ domain, zoneResolvers: { [zone]: servers } }).zoneResolvers).toHaveProperty([zone]);
  });

  test("name each faulty zone and entry", () => {
    const zoneResolvers = {
      "corp.example": [],
      "a..example": ["192.0.2.53"],
      "lab.example": ["192.0.2.53", "x"],
      "LAB.example.": ["192.0.2.53"],
      "b.example": "192.0.2.53",
    };
    expect(faultsOf({ zoneResolvers })).toEqual([
      expect.stringMatching(/^zoneResolvers\.corp\.example: got \[\]; allowed: .*, at least one$/),
      'zoneResolvers.a..example: got "a..example"; allowed: the name of a zone',
      expect.stringMatching(/^zoneResolvers\.lab\.example\[1\]: got "x"; allowed: an IP address/),
      expect.stringMatching(/^zoneResolvers\.b\.example: got "192\.0\.2\.53"; allowed: a list/),
    ]);
    expect(faultsOf({ zoneResolvers: { "lab.example": ["192.0.2.53"], "LAB.example.": ["192.0.2.53"] } })).toEqual([
      'zoneResolvers.LAB.example.: got "LAB.example."; allowed: each zone once, whatever its letter case and final dot',
    ]);
  });

  test("cannot reach an object's prototype", () => {
    const { config } = load('{"masters": ["192.0.2.1"], "zoneResolvers": {"__proto__": ["192.0.2.53"]}}');
    expect(Object.keys(config.zoneResolvers)).toEqual(["__proto__"]);
  });
});

describe("names and addresses", () => {
  test("the domain is kept in lower case without the final dot", () => {
    expect(configOf({ domain: "DC1.Example." }).domain).toBe("dc1.example");
  });

  test.each(["", ".", "a..b", "-a", "a-", "a_b", "a".repeat(64), `${"a.".repeat(100)}a`, "192.0.2.1", "a b"])(
    "%j is no domain",
    (domain) => {
      expect(faultsOf({ domain })).toHaveLength(1);
    },
  );

  test("the SOA's names follow the domain unless given", () => {
    expect(configOf({ domain: "dc1.example" })).toMatchObject({
      SOAMname: "ns1.dc1.example",
      SOARname: "root.ns1.dc1.example",
    });
    expect(configOf({ SOAMname: "NS9.example.com.", SOARname: "Host_Master@Example.com" })).toMatchObject({
      SOAMname: "ns9.example.com",
      SOARname: "host_master.example.com",
    });
    expect(faultsOf({ SOAMname: "a b", SOARname: "a b@example.com" })).toHaveLength(2);
  });

  test("listeners are addresses, without brackets", () => {
    expect(configOf({ listener: "::", httplistener: "2001:DB8::1" })).toMatchObject({
      listener: ["::"],
      httplistener: "2001:db8::1",
    });
    expect(faultsOf({ listener: "[::]", httplistener: "host.example" })).toHaveLength(2);
  });
});

describe("choices", () => {
  test("IPSources are some of four, each once, in the order given", () => {
    expect(configOf({ IPSources: ["host", "docker"] }).IPSources).toEqual(["host", "docker"]);
    expect(faultsOf({ IPSources: [] })[0]).toMatch(/^IPSources: got \[\]; allowed: .*, at least one$/);
    expect(faultsOf({ IPSources: ["host", "rkt", "host"] })).toEqual([
      'IPSources[1]: got "rkt"; allowed: one of "netinfo", "mesos", "docker", "host"',
      'IPSources[2]: got "host"; allowed: each entry once',
    ]);
  });

  test("healthPolicy is one of two, neither of which needs a warning", () => {
    expect(warningsOf({ healthPolicy: "ignore" })).toEqual([]);
    expect(warningsOf({ healthPolicy: "omitUnhealthy" })).toEqual([]);
    expect(configOf({ healthPolicy: "omitUnhealthy" }).healthPolicy).toBe("omitUnhealthy");
    expect(faultsOf({ healthPolicy: "strict" })).toEqual([
      'healthPolicy: got "strict"; allowed: "ignore" or "omitUnhealthy"',
    ]);
  });

  test("mesosAuthentication may be empty for none", () => {
    expect(configOf({ mesosAuthentication: "" }).mesosAuthentication).toBe("none");
    expect(faultsOf({ mesosAuthentication: "digest" })).toEqual([
      'mesosAuthentication: got "digest"; allowed: "none" or "basic" or "iam"',
    ]);
  });
});

describe("values that only make sense together", () => {
  test("a state is not called stale before the next one is due", () => {
    const { config, warnings } = load({ ...MASTERS, refreshSeconds: 600, stateMaxAgeSeconds: 900 });
    expect(config.stateMaxAgeSeconds).toBe(1200);
    expect(warnings).toEqual([expect.stringContaining("stateMaxAgeSeconds 900 is taken as 1200")]);
    expect(load({ ...MASTERS, refreshSeconds: 600 })).toMatchObject({
      config: { stateMaxAgeSeconds: 1200 },
      warnings: [],
    });
    expect(configOf({ refreshSeconds: 600, stateMaxAgeSeconds: 0 }).stateMaxAgeSeconds).toBe(0);
    expect(warningsOf({ refreshSeconds: 150, stateMaxAgeSeconds: 300 })).toEqual([]);
  });

  test.each(["mesos", "leader.mesos", "master.mesos", "master3.mesos", "slave.mesos", "agent.mesos"])(
    "%s cannot be the name server",
    (SOAMname) => expect(faultsOf({ SOAMname })).toEqual([expect.stringContaining(`SOAMname: got "${SOAMname}"`)]),
  );

  test("a name server may have any other name, inside the domain or not", () => {
    for (const SOAMname of ["ns1.mesos", "leader.example.com", "a.leader.mesos"]) {
      expect(configOf({ SOAMname }).SOAMname).toBe(SOAMname);
    }
  });
});

describe("dcosNames", () => {
  test.each(["thisdcos.directory", "mesos.thisdcos.directory", "directory"])("is not for the domain %s", (domain) => {
    expect(warningsOf({ domain })).toEqual([]);
    expect(faultsOf({ domain, dcosNames: true })).toEqual([
      `domain: got "${domain}"; allowed: a domain outside thisdcos.directory and not above it, as dcosNames is true`,
    ]);
  });

  test.each(["thisdcos.directory", "l4lb.thisdcos.directory"])("takes %s away from zoneResolvers", (zone) => {
    const zoneResolvers = { [zone]: ["192.0.2.53"] };
    expect(warningsOf({ zoneResolvers })).toEqual([]);
    expect(faultsOf({ zoneResolvers, dcosNames: true })).toEqual([
      `zoneResolvers.${zone}: got "${zone}"; allowed: zones outside thisdcos.directory, which is answered by this server`,
    ]);
  });

  test.each(["directory", "notthisdcos.directory"])("leaves %s to zoneResolvers", (zone) => {
    expect(warningsOf({ zoneResolvers: { [zone]: ["192.0.2.53"] }, dcosNames: true })).toEqual([]);
  });
});
