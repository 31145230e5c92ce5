import { describe, expect, test } from "vitest";
import { configOf, faultsOf, load, MASTERS, warningsOf } from "./support.js";

describe("numbers", () => {
  test.each([
    ["stateMaxBytes", 1, 4_294_967_295],
    ["stateMaxAgeSeconds", 0, 2_147_483],
    ["failoverGrace", 0, 2_147_483],
    ["tlsPort", 0, 65_535],
    ["SOARefresh", 0, 4_294_967_295],
    ["SOARetry", 0, 4_294_967_295],
    ["SOAExpire", 0, 4_294_967_295],
    ["SOAMinttl", 0, 4_294_967_295],
    ["srvRecordDefaultWeight", 0, 65_535],
    ["maxUdpPayload", 512, 65_535],
  ] as const)("%s is an integer from %i to %i", (key, min, max) => {
    const allowed = `allowed: an integer from ${min} to ${max}`;
    expect(configOf({ [key]: min })[key]).toBe(min);
    expect(configOf({ [key]: max })[key]).toBe(max);
    expect(faultsOf({ [key]: min - 1 })).toEqual([`${key}: got ${min - 1}; ${allowed}`]);
    expect(faultsOf({ [key]: max + 1 })).toEqual([`${key}: got ${max + 1}; ${allowed}`]);
    expect(faultsOf({ [key]: max - 0.5 })).toEqual([`${key}: got ${max - 0.5}; ${allowed}`]);
  });

  test("written as strings are refused in the file, as in Mesos-DNS", () => {
    expect(faultsOf({ port: "53" })).toEqual(['port: got "53"; allowed: an integer from 1 to 65535']);
    expect(faultsOf({ ttl: "53abc" })).toEqual(['ttl: got "53abc"; allowed: an integer from 0 to 2147483647']);
  });
});

describe("values of the wrong type", () => {
  test.each([
    ["dnson", "true", "true or false"],
    ["dnson", 1, "true or false"],
    ["domain", 7, "a domain name of at most 200 characters: labels of at most 63 letters, digits and hyphens"],
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
    [":5050", "localhost", 5050],
    ["mesos_master_1:5050", "mesos_master_1", 5050],
    ["-a.example:05050", "-a.example", 5050],
    ["192.000.002.010:5050", "192.0.2.10", 5050],
  ])("%s is %s, port %i", (text, host, port) => {
    expect(configOf({ masters: [text] }).masters).toEqual([{ host, port }]);
  });

  const BRACKETS = "host:port, with a host name, an IPv4 address or an IPv6 address in brackets";
  const PORT = "a port that is a number from 1 to 65535, 5050 unless given, not";

  test.each([
    ["", `${BRACKETS}, in place of ""`],
    ["192.0.2.1:", `${PORT} ""`],
    ["192.0.2.1:0", `${PORT} "0"`],
    ["192.0.2.1:65536", `${PORT} "65536"`],
    ["master.example:http", `${PORT} "http"`],
    ["192.0.2.1:5050:1", `${PORT} "5050:1"`],
    ["192.0.2.256:5050", `${BRACKETS}, in place of "192.0.2.256:5050"`],
    ["2001:db8::1", "an IPv6 address in brackets: [2001:db8::1]:5050"],
    ["[192.0.2.1]:5050", `${BRACKETS}, in place of "[192.0.2.1]:5050"`],
    ["[2001:db8::g]:5050", `${BRACKETS}, in place of "[2001:db8::g]:5050"`],
    ["http://192.0.2.1:5050", "host:port alone: 192.0.2.1:5050"],
    ["HTTPS://master.example/", "host:port alone: master.example"],
    ["192.0.2.1:5050/master/state", "host:port alone: 192.0.2.1:5050"],
    [" 192.0.2.1:5050", "host:port alone: 192.0.2.1:5050"],
    ["http://ops:s3cret@192.0.2.1:5050", "host:port alone; user and password belong to mesosCredentials"],
    ["zk://192.0.2.1:2181/mesos", "host:port; a zk:// URL belongs to the key zk"],
    ["192.0.2.1:5050,192.0.2.2:5050", "one master an entry, each host:port"],
    [7, `${BRACKETS}, and a port from 1 to 65535`],
    [null, `${BRACKETS}, and a port from 1 to 65535`],
  ])("refuse %j and say which part is wrong", (text, allowed) => {
    const [fault] = faultsOf({ masters: ["192.0.2.9:5050", text] });
    const shown = JSON.stringify(text).replace("ops:s3cret@", "ops:[hidden]@");
    expect(fault).toBe(`masters[1]: got ${shown}; allowed: ${allowed}`);
  });

  test("that are one string are refused, and shown as a list", () => {
    expect(faultsOf({ masters: "192.0.2.1:5050, 192.0.2.2" })).toEqual([
      'masters: got "192.0.2.1:5050, 192.0.2.2"; allowed: a list of Mesos masters, each host:port: ["192.0.2.1:5050","192.0.2.2"]',
    ]);
  });

  test("that occur twice, in whatever spelling, are taken once", () => {
    const masters = ["[2001:db8::1]:5050", "[2001:DB8:0::1]", "h1.example", "H1.example.:5050"];
    expect(configOf({ masters }).masters.map(({ host }) => host)).toEqual(["2001:db8::1", "h1.example"]);
    expect(warningsOf({ masters })).toEqual([
      'masters[1]: "[2001:DB8:0::1]" stands twice, and is taken once',
      'masters[3]: "H1.example.:5050" stands twice, and is taken once',
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

  test.each([
    ["ns.example", "an address, as there is nobody to ask for the name ns.example; an IP address, ip:port"],
    ["ns.example:53", "an address, as there is nobody to ask for the name ns.example; an IP address, ip:port"],
    ["udp://192.0.2.53:53", "the address alone: 192.0.2.53:53; an IP address, ip:port"],
    ["192.0.2.53/24", "the address alone: 192.0.2.53; an IP address, ip:port"],
    ["https://192.0.2.53/dns-query", "an IP address, ip:port"],
  ])("refuse %j and say which part is wrong", (text, allowed) => {
    expect(faultsOf({ resolvers: [text] })[0]).toContain(`allowed: ${allowed}`);
  });

  test.each(["", "192.0.2.53:0", "192.0.2.53:99999", "192.0.2", "[2001:db8::53", 53])("refuse %j", (text) => {
    expect(faultsOf({ resolvers: [text] })).toEqual([
      `resolvers[0]: got ${JSON.stringify(text)}; ` +
        "allowed: an IP address, ip:port or [ipv6]:port with a port from 1 to 65535; for DNS over TLS tls://ip#name or tls://ip:port#name",
    ]);
  });

  test("may not repeat", () => {
    expect(faultsOf({ resolvers: ["192.0.2.53", "192.0.2.53:53"] })).toEqual([
      'resolvers[1]: got "192.0.2.53:53"; allowed: each entry once',
    ]);
  });
});

describe("an empty list of resolvers", () => {
  const empty = { resolvers: [] };

  test("means the nameservers of the machine", () => {
    const { resolvers } = configOf(empty, { systemResolvers: () => ["192.0.2.53", "2001:db8::53", "192.0.2.53"] });
    expect(resolvers).toEqual([
      { host: "192.0.2.53", port: 53 },
      { host: "2001:db8::53", port: 53 },
    ]);
  });

  test("stays empty if nothing is forwarded", () => {
    expect(configOf({ ...empty, externalon: false }, { systemResolvers: () => ["192.0.2.53"] }).resolvers).toEqual([]);
  });

  test("on a machine without other nameservers leads to a warning, and the server can start", () => {
    expect(warningsOf(empty)).toEqual([
      "resolvers is empty and the machine names no other nameserver: outside names cannot be resolved",
    ]);
  });

  test("on a machine whose nameservers cannot be read is a fault", () => {
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

  test("refuse the domain and zones inside it, but not one above it or beside it", () => {
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
      expect.stringMatching(/^zoneResolvers\.lab\.example\[1\]: got "x"; allowed: an address, as there is nobody/),
      expect.stringMatching(/^zoneResolvers\.b\.example: got "192\.0\.2\.53"; allowed: a list/),
    ]);
    const twice = { "lab.example": ["192.0.2.53"], "LAB.example.": ["192.0.2.54"] };
    expect(configOf({ zoneResolvers: twice }).zoneResolvers).toEqual({
      "lab.example": [{ host: "192.0.2.54", port: 53 }],
    });
    expect(warningsOf({ zoneResolvers: twice })).toEqual([
      "zoneResolvers.LAB.example.: this zone stands twice, and the one that stands last counts",
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

  test.each(["-a", "a-", "192.0.2.1", "dc1.10", "A--b"])("%s is a domain, as in Mesos-DNS", (domain) => {
    expect(warningsOf({ domain })).toEqual([]);
    expect(configOf({ domain }).domain).toBe(domain.toLowerCase());
  });

  const DOMAIN = "a domain name of at most 200 characters: labels of at most 63 letters, digits and hyphens";

  test.each([
    ["", DOMAIN],
    [".", DOMAIN],
    ["a".repeat(64), DOMAIN],
    [`${"a.".repeat(100)}a`, DOMAIN],
    ["a..b", "the name alone: a.b"],
    [".Mesos", "the name alone: mesos"],
    ["*.mesos", "the name alone: mesos"],
    ["http://mesos/", "the name alone: mesos"],
    ["a_b", 'letters, digits, hyphens and dots; "_" is none of them'],
    ["a b", "letters, digits, hyphens and dots; a space is none of them"],
  ])("%j is refused as a domain, with the part that is wrong", (domain, allowed) => {
    expect(faultsOf({ domain })).toEqual([expect.stringContaining(`; allowed: ${allowed}`)]);
  });

  test("the SOA's names follow the domain unless given", () => {
    expect(configOf({ domain: "dc1.example" })).toMatchObject({
      SOAMname: "ns1.dc1.example",
      SOARname: "root.ns1.dc1.example",
    });
    expect(configOf({ SOAMname: "NS9.example.com.", SOARname: "Host_Master@Example.com" })).toMatchObject({
      SOAMname: "ns9.example.com",
      SOARname: "host_master.example.com",
    });
  });

  test.each([
    ["_ns_1.example.com..", "_ns_1.example.com"],
    ["-ns.10", "-ns.10"],
    ["192.0.2.1", "192.0.2.1"],
  ])("the name server may be %s, as in Mesos-DNS", (SOAMname, name) => {
    expect(configOf({ SOAMname }).SOAMname).toBe(name);
    expect(warningsOf({ SOAMname })).toEqual([]);
  });

  test.each(["a b", "a..b", ".", "a".repeat(64)])(
    "%j is not a name for the SOA, and leads to a warning and the default",
    (name) => {
      expect(configOf({ SOAMname: name, SOARname: name })).toMatchObject({
        SOAMname: "ns1.mesos",
        SOARname: "root.ns1.mesos",
      });
      expect(warningsOf({ SOAMname: name, SOARname: name })).toEqual([
        `SOAMname: ${JSON.stringify(name)} is no name, and the default is used`,
        `SOARname: ${JSON.stringify(name)} is no name, and the default is used`,
      ]);
    },
  );

  test("listeners are addresses, without brackets", () => {
    expect(configOf({ listener: "::", httplistener: "2001:DB8::1" })).toMatchObject({
      listener: ["::"],
      httplistener: "2001:db8::1",
    });
  });

  test.each([
    ["0.0.0.0:53", '"0.0.0.0" alone; the port, 53, belongs to port'],
    ["[::]:5353", '"::" alone; the port, 5353, belongs to port'],
    [":53", '"" alone; the port, 53, belongs to port'],
    ["dns.example:53", '"dns.example" alone; the port, 53, belongs to port'],
    ["udp://192.0.2.1:53", '"192.0.2.1" alone; the port, 53, belongs to port'],
    ["[::]", "the address alone: ::"],
    ["192.0.2.1/24", "the address alone: 192.0.2.1"],
    ["*", '0.0.0.0 for all IPv4 addresses, or "" for all addresses'],
    ["a b", "an IPv4 or IPv6 address or a host name"],
    ["192.0.2.256", "an IPv4 or IPv6 address or a host name"],
  ])("%j is refused as a listener, with the part that is wrong", (listener, allowed) => {
    expect(faultsOf({ listener })[0]).toContain(`; allowed: ${allowed}`);
    expect(faultsOf({ listener: ["127.0.0.1", listener] })[0]).toMatch(/^listener\[1\]: /);
    expect(faultsOf({ httplistener: listener })[0]).toContain(
      `; allowed: ${allowed.replace("to port", "to httpport")}`,
    );
  });
});

describe("choices", () => {
  test("IPSources are some of four, without duplicates, in the given order", () => {
    expect(configOf({ IPSources: ["host", "docker"] }).IPSources).toEqual(["host", "docker"]);
    expect(faultsOf({ IPSources: [] })[0]).toMatch(/^IPSources: got \[\]; allowed: .*, at least one$/);
    expect(faultsOf({ IPSources: ["host", "rkt", "host"] })).toEqual([
      'IPSources[1]: got "rkt"; allowed: one of "netinfo", "mesos", "docker", "host"',
      'IPSources[2]: got "host"; allowed: each entry once',
    ]);
  });

  test("healthPolicy is one of two, without a warning", () => {
    expect(warningsOf({ healthPolicy: "ignore" })).toEqual([]);
    expect(warningsOf({ healthPolicy: "omitUnhealthy" })).toEqual([]);
    expect(configOf({ healthPolicy: "omitUnhealthy" }).healthPolicy).toBe("omitUnhealthy");
    expect(faultsOf({ healthPolicy: "strict" })).toEqual([
      'healthPolicy: got "strict"; allowed: "ignore" or "omitUnhealthy"',
    ]);
  });

  test("mesosAuthentication may be empty, which means none", () => {
    expect(configOf({ mesosAuthentication: "" }).mesosAuthentication).toBe("none");
    expect(faultsOf({ mesosAuthentication: "digest" })).toEqual([
      'mesosAuthentication: got "digest"; allowed: "none" or "basic" or "iam"',
    ]);
  });
});

describe("values that only make sense together", () => {
  test("a state does not count as stale before the next one is due", () => {
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
    "%s cannot be the name server, and the default is used instead",
    (SOAMname) => {
      expect(configOf({ SOAMname }).SOAMname).toBe("ns1.mesos");
      expect(warningsOf({ SOAMname })).toEqual([
        `SOAMname: ${SOAMname} is a name of the cluster's, and ns1.mesos is the name server instead`,
      ]);
    },
  );

  test("a name server may have any other name, inside the domain or not", () => {
    for (const SOAMname of ["ns1.mesos", "leader.example.com", "a.leader.mesos"]) {
      expect(configOf({ SOAMname }).SOAMname).toBe(SOAMname);
    }
  });
});

describe("dcosNames", () => {
  test.each(["thisdcos.directory", "mesos.thisdcos.directory", "directory"])(
    "is refused with the domain %s",
    (domain) => {
      expect(warningsOf({ domain })).toEqual([]);
      expect(faultsOf({ domain, dcosNames: true })).toEqual([
        `domain: got "${domain}"; allowed: a domain outside thisdcos.directory and not above it, as dcosNames is true`,
      ]);
    },
  );

  test.each(["thisdcos.directory", "l4lb.thisdcos.directory"])("removes %s from zoneResolvers", (zone) => {
    const zoneResolvers = { [zone]: ["192.0.2.53"] };
    expect(warningsOf({ zoneResolvers })).toEqual([]);
    expect(faultsOf({ zoneResolvers, dcosNames: true })).toEqual([
      `zoneResolvers.${zone}: got "${zone}"; allowed: zones outside thisdcos.directory, which is answered by this server`,
    ]);
  });

  test.each(["directory", "notthisdcos.directory"])("keeps %s in zoneResolvers", (zone) => {
    expect(warningsOf({ zoneResolvers: { [zone]: ["192.0.2.53"] }, dcosNames: true })).toEqual([]);
  });
});
