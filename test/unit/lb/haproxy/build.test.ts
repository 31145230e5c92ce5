import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildBalancer } from "../../../../src/lb/haproxy/build.js";
import { conflictNotices } from "../../../../src/lb/haproxy/claims.js";
import { structureFor, structureOf } from "../../../../src/lb/haproxy/render.js";
import { type ReadApps, servicesOf } from "../../../../src/lb/services.js";
import type { MarathonApp } from "../../../../src/sources/marathon/app.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { SERVICE_OPTIONS } from "../support.js";
import { build, buildOptions, HEAD, textOf, web } from "./support.js";

/** The lines of a section. */
function section(text: string, name: string): readonly string[] {
  const lines = text.split("\n");
  const at = lines.indexOf(name);
  const end = lines.findIndex((line, index) => index > at && !line.startsWith("  "));
  return at < 0 ? [] : lines.slice(at + 1, end).map((line) => line.trim());
}

function notices(built: ReturnType<typeof build>): readonly string[] {
  return built.conflicts.flatMap(conflictNotices).map(({ appId, text }) => `${appId} ${text}`);
}

describe("who gets what several want", () => {
  const since = (lastConfigChangeAt: string) => ({ versionInfo: { lastConfigChangeAt } });
  const [old, young] = [since("2030-01-01T00:00:00.000Z"), since("2030-01-02T00:00:00.000Z")];
  const host = { HAPROXY_0_VHOST: "www.example.com" };

  test("at a start, who was configured first; the other one keeps its backend and is reached by its id", () => {
    const built = build([web("/a", 10_000, { HAPROXY_0_MODE: "http" }, young), web("/b", 10_000, {}, old)]);
    expect(notices(built)).toEqual(["/a does not get the port 10000, which is /b's"]);
    const text = textOf(built);
    expect(section(text, "frontend b_10000:in")).toContain("default_backend b_10000");
    expect(text).not.toContain("frontend a_10000:in");
    expect(section(text, "backend a_10000").at(-1)).toMatch(/^server 192_0_2_1_31000 192\.0\.2\.1:31000 id \d+$/);
    expect([...built.balancer.maps.apps]).toEqual([["/a", "a_10000"]]);
  });

  test("at the same age, the smaller id", () => {
    expect(notices(build([web("/b", 10_000, {}, old), web("/a", 10_000, {}, old)]))).toEqual([
      "/b does not get the port 10000, which is /a's",
    ]);
  });

  test("later, who has it", () => {
    const apps = [web("/a", 10_000, host, young), web("/b", 10_000, host, old)];
    const { holders } = build([apps[0] as never]);
    expect(notices(build(apps, { holders }))).toEqual([
      "/b does not get the port 10000, which is /a's",
      "/b does not get the host www.example.com, which is /a's",
    ]);
  });

  test("of names, at a start, who gives it more weight", () => {
    const built = build([
      web("/a", 10_000, host, old),
      web("/b", 10_001, { ...host, HAPROXY_0_BACKEND_WEIGHT: "5" }, young),
    ]);
    expect(notices(built)).toEqual(["/a does not get the host www.example.com, which is /b's"]);
  });

  test("a name with two paths is shared, one of them twice is not", () => {
    const at = (path: string) => ({ ...host, HAPROXY_0_PATH: path });
    const built = build([
      web("/a", 10_000, at("/x /y"), old),
      web("/b", 10_001, at("/y /z"), young),
      web("/c", 10_002, host),
    ]);
    expect(notices(built)).toEqual(["/b does not get the host www.example.com/y, which is /a's"]);
    expect(section(textOf(built), "frontend http:in").filter((line) => line.includes("path_beg"))).toEqual([
      "use_backend a_10000 if { req.hdr(host),lower,field(1,:) -m str www.example.com } { path_beg /x /y }",
      "use_backend b_10001 if { req.hdr(host),lower,field(1,:) -m str www.example.com } { path_beg /z }",
    ]);
    expect([...built.balancer.maps.hosts]).toEqual([["www.example.com", "c_10002"]]);
  });

  test("an address of its own is no conflict, all addresses are", () => {
    const at = (address: string) => ({ HAPROXY_0_BIND_ADDR: address });
    expect(notices(build([web("/a", 10_000, at("192.0.2.1")), web("/b", 10_000, at("192.0.2.2"))]))).toEqual([]);
    expect(notices(build([web("/a", 10_000, at("192.0.2.1")), web("/b", 10_000)]))).toEqual([
      "/b does not get the port 10000, which is /a's",
    ]);
  });

  test("ids that are the same name to HAProxy have backends of their own, and who has the name keeps it", () => {
    const apps = [web("/a:b", 10_000), web("/a/b", 10_000), web("/a;b", 10_000)];
    const { holders } = build([apps[0] as never]);
    const { backends } = build(apps, { holders }).balancer;
    expect(new Set(backends.map(({ name }) => name)).size).toBe(3);
    expect(backends.find(({ name }) => name === "a_b_10000")?.appId).toBe("/a:b");
  });

  test.each(["/x;shutdown frontend http:in", "/x\nshutdown frontend http:in", "/x y", "/x\\y"])(
    "an id that is no word of a command is in no map: %j",
    (id) => {
      const { apps } = build([
        web("/a", 10_000, { HAPROXY_0_MODE: "http" }),
        web(id, 10_001, { HAPROXY_0_MODE: "http" }),
      ]).balancer.maps;
      expect([...apps.keys()]).toEqual(["/a"]);
    },
  );

  test("nobody gets a port of the shared frontends", () => {
    const built = build([web("/a", 10_000, { HAPROXY_0_PORT: "80" })]);
    expect(notices(built)).toEqual([
      "/a does not get the port 80, which is the load balancer's own, or another program's",
    ]);
    expect(textOf(built)).not.toContain("frontend a_80:in");
  });
});

test("rules stand in the order of their weights, the map behind them, wildcards behind that, and what is to be last at the end", () => {
  const host = (name: string, more = {}) => ({ HAPROXY_0_VHOST: name, ...more });
  const text = textOf(
    build([
      web("/last", 10_000, host("www.example.com", { HAPROXY_0_PATH: "/", HAPROXY_0_BACKEND_WEIGHT: "-1" })),
      web("/wild", 10_001, host("*.example.com")),
      web("/exact", 10_002, host("www.example.com")),
      web("/path", 10_003, host("www.example.com", { HAPROXY_0_PATH: "/api" })),
      web("/first", 10_004, host("www.example.com", { HAPROXY_0_PATH: "/api/v2", HAPROXY_0_BACKEND_WEIGHT: "9" })),
    ]),
  );
  const routes = section(text, "frontend http:in").filter((line) => line.startsWith("use_backend"));
  expect(routes.map((line) => line.split(" ")[1])).toEqual([
    "first_10004",
    "path_10003",
    "%[req.hdr(host),lower,field(1,:),map(/run/hosts.map)]",
    "wild_10001",
    "last_10000",
  ]);
  expect(routes[3]).toContain("-m end .example.com");
});

test("where the health of servers is asked is told outside of their lines, so that a change is a reload", () => {
  const checked = (port?: number) => ({ healthChecks: [{ protocol: "HTTP", path: "/", portIndex: 2, port }] });
  const structures = [checked(9_000), checked(9_001)].map((extra) => textOf(build([web("/a", 10_000, {}, extra)])));
  expect(structureOf(structures[0] as string)).not.toBe(structureOf(structures[1] as string));
  expect(structures[0]).toContain("  default-server check port 9000 inter ");
  const borrowed = ["1", "2"].map((at) =>
    structureOf(
      textOf(
        build([
          app("/a", {
            ports: [10_000, 10_001, 10_002],
            labels: { HAPROXY_GROUP: "external", HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: at },
            tasks: [task("192.0.2.1", [31_000, 31_001, 31_002])],
            extra: {
              healthChecks: [
                { protocol: "HTTP", path: "/", portIndex: 1 },
                { protocol: "HTTP", path: "/", portIndex: 2 },
              ],
            },
          }),
        ]),
      ),
    ),
  );
  expect(borrowed[0]).not.toBe(borrowed[1]);
});

test("a service in mode tcp with a name gets its connections by that name, TLS and all", () => {
  const labels = { HAPROXY_0_VHOST: "db.example.com", HAPROXY_0_MODE: "tcp" };
  const text = textOf(
    build([web("/db", 10_000, labels), web("/www", 10_001, { HAPROXY_0_VHOST: "www.example.com" })], {
      https: "*:443",
      certificates: ["/etc/ssl/cert.pem"],
    }),
  );
  expect(section(text, "frontend tls:in")).toEqual([
    "bind *:443",
    "mode tcp",
    "tcp-request inspect-delay 5s",
    "tcp-request content accept if { req.ssl_hello_type 1 }",
    "use_backend db_10000 if { req.ssl_sni,lower -m str db.example.com }",
    "default_backend tls",
  ]);
  expect(section(text, "frontend https:in")[0]).toMatch(
    /^bind abns@mesos-dns-[0-9a-f]{32} accept-proxy ssl crt \/etc\/ssl\/cert\.pem alpn h2,http\/1\.1$/,
  );
});

test("what is decrypted comes back over a socket whose name no other HAProxy of the machine has, and which is never too long", () => {
  const long = `${"x".repeat(60)}.${"y".repeat(60)}.example.com`;
  const labels = { HAPROXY_0_VHOST: long, HAPROXY_0_SSL_CERT: "/etc/ssl/own.pem", HAPROXY_0_MODE: "http" };
  const socketsIn = (hostsMap: string) => {
    const options = { https: "*:443", certificates: ["/etc/ssl/cert.pem"], groupsHttps: true, hostsMap };
    const text = textOf(build([web("/www", 10_000, labels)], options));
    return Array.from(text.matchAll(/ server loop abns@(\S+) /g), ([, name]) => name ?? "");
  };
  const [one, other] = [socketsIn("/run/one/hosts.map"), socketsIn("/run/other/hosts.map")];
  expect(one).toHaveLength(2);
  expect(new Set([...one, ...other]).size).toBe(4);
  for (const name of one) expect(name.length).toBeLessThan(107);
});

test("a wildcard with a path is no exact name, and the longer one of two comes first", () => {
  const host = (name: string, more = {}) => ({ HAPROXY_0_VHOST: name, ...more });
  const text = textOf(
    build([
      web("/wild", 10_001, host("*.example.com", { HAPROXY_0_PATH: "/" })),
      web("/exact", 10_002, host("www.example.com")),
      web("/below", 10_003, host("*.a.example.com")),
      web("/chosen", 10_004, host("*.example.com", { HAPROXY_0_PATH: "/api", HAPROXY_0_BACKEND_WEIGHT: "2" })),
    ]),
  );
  const routes = section(text, "frontend http:in").filter((line) => line.startsWith("use_backend"));
  expect(routes.map((line) => line.split(" ")[1]?.replace(/^%.*/, "exact names"))).toEqual([
    "chosen_10004",
    "exact names",
    "below_10003",
    "wild_10001",
  ]);
});

test("two spellings of an address are one", () => {
  const at = (address: string) => ({ HAPROXY_0_BIND_ADDR: address });
  const built = build([
    web("/a", 10_000, at("::1")),
    web("/b", 10_000, at("0:0:0:0:0:0:0:1")),
    web("/c", 10_000, at("127.0.0.1")),
  ]);
  expect(notices(built)).toEqual(["/b does not get the port 10000 at ::1, which is /a's"]);
});

test("a task is asked at its own port of the service that its labels name, however services and tasks are sorted", () => {
  // The ports of services, and those of two tasks on one agent, are in other orders than the labels' numbers.
  const built = build([
    app("/two", {
      ports: [10_006, 10_001],
      labels: { HAPROXY_GROUP: "external", HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: "1" },
      tasks: [task("192.0.2.1", [31_001, 31_099]), task("192.0.2.1", [31_002, 31_008])],
      extra: { healthChecks: [{ protocol: "HTTP", path: "/", portIndex: 0 }] },
    }),
  ]);
  const backend = built.balancer.backends.find(({ name }) => name === "two_10006");
  expect(backend?.servers.map(({ port, checkPort }) => [port, checkPort])).toEqual([
    [31_001, 31_099],
    [31_002, 31_008],
  ]);
});

describe("what labels cannot do", () => {
  const hostile = [
    "a\n  stats enable",
    "a\r\nbackend x",
    "'; $(reboot)",
    '"x" {',
    "a # b",
    "%[env(PATH)]",
    "\u0000",
    "\u2028stats",
    "é.example.com",
    "a".repeat(300),
  ];

  test.each(
    [
      ...[
        "VHOST",
        "PATH",
        "BALANCE",
        "MODE",
        "BIND_ADDR",
        "BIND_OPTIONS",
        "SSL_CERT",
        "AUTH",
        "PORT",
        "BACKEND_WEIGHT",
      ],
      ...["BACKEND_NETWORK_ALLOWED_ACL", "TIMEOUT_SERVER", "HTTP_BACKEND_PROXYPASS_PATH", "HTTP_BACKEND_REVPROXY_PATH"],
      ...["HTTP_BACKEND_REDIR", "BACKEND_HEALTHCHECK_PORT_INDEX"],
    ].flatMap((label) => hostile.map((value) => [label, value] as const)),
  )("%s %j changes no line but its own, and hurts nobody else", (label, value) => {
    const labels = { HAPROXY_0_VHOST: "www.example.com", HAPROXY_0_MODE: "http", [`HAPROXY_0_${label}`]: value };
    const text = textOf(build([web("/a", 10_000, labels), web("/b", 10_001)]));
    const plain = textOf(
      build([web("/a", 10_000, { HAPROXY_0_VHOST: "www.example.com", HAPROXY_0_AUTH: "r:u:p" }), web("/b", 10_001)]),
    );
    const words = new Set(plain.split("\n").map((line) => line.trim().split(" ")[0]));
    for (const line of text.split("\n")) {
      const [first = ""] = line.trim().split(" ");
      expect([...words, "http-response", "tcp-request", "timeout", "userlist", "user"]).toContain(first);
      expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
    }
    expect(section(text, "frontend b_10001:in")).toEqual(["bind *:10001", "mode tcp", "default_backend b_10001"]);
  });

  test("a network that is none lets nobody in: the service is refused", () => {
    const { refused } = build([web("/a", 10_000, { HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: "10.0.0.0/8 10.0.0" })]);
    expect(refused.map(({ text }) => text)).toEqual([
      'BACKEND_NETWORK_ALLOWED_ACL has "10.0.0", which is no address and no network',
    ]);
  });

  test("templates in labels do nothing where they are not allowed", () => {
    const labels = { HAPROXY_0_BACKEND_HEAD: "\nbackend evil\n", HAPROXY_0_FRONTEND_HEAD: "\nfrontend evil\n" };
    expect(textOf(build([web("/a", 10_000, labels)]))).not.toContain("evil");
  });
});

test("the order of apps in the answer does not matter", () => {
  const apps = [
    web("/a", 10_000, { HAPROXY_0_VHOST: "a.example.com,b.example.com" }),
    web("/b", 10_000, { HAPROXY_0_VHOST: "b.example.com" }),
    web("/c", 10_001, { HAPROXY_0_VHOST: "b.example.com", HAPROXY_0_PATH: "/c" }),
    web("/d", 10_001),
  ];
  const text = textOf(build(apps));
  fc.assert(
    fc.property(fc.shuffledSubarray(apps, { minLength: 4 }), (shuffled) => {
      expect(textOf(build(shuffled))).toBe(text);
    }),
  );
});

test("what needs a reload is the same whether it is rendered before or not, and has no server in it", () => {
  const { balancer } = build([
    web("/a", 10_000, { HAPROXY_0_STICKY: "true", HAPROXY_0_VHOST: "a.example.com" }),
    web("/b", 10_001),
  ]);
  const structure = structureFor(balancer, HEAD);
  expect(structure).toBe(structureOf(textOf({ balancer } as never)));
  const fewer = { ...balancer, backends: balancer.backends.map((backend) => ({ ...backend, servers: [] })) };
  expect(structureFor(fewer, HEAD)).toBe(structure);
});

test("an app that is the same object at the same address is not read again, nor its backend made", () => {
  const { apps } = readApps({ apps: [web("/a", 10_000), web("/b", 10_001)] });
  const known: ReadApps = new WeakMap();
  const options = buildOptions();
  const [first] = apps as [MarathonApp];
  const built = (list: readonly MarathonApp[], ip: string) =>
    buildBalancer(servicesOf(list, { ...SERVICE_OPTIONS, resolve: () => ip }, known).services, options).balancer
      .backends;
  const [a, b] = built(apps, "192.0.2.1");
  const [again, other] = built([first, { ...(apps[1] as MarathonApp) }], "192.0.2.1");
  expect(again).toBe(a);
  expect(other).not.toBe(b);
  expect(built(apps, "192.0.2.2")[0]?.servers[0]?.ip).toBe("192.0.2.2");
});
