import { describe, expect, test } from "vitest";
import { type MarathonLbOptions, renderMarathonLb } from "../../../../src/lb/marathon-lb/render.js";
import { Templates } from "../../../../src/lb/marathon-lb/templates.js";
import type { Json } from "../../../support/json.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { captured, hasCaptured, servicesIn, WITHOUT } from "../support.js";

interface Case {
  readonly name: string;
  readonly apps: readonly Json[];
  readonly hosts: Readonly<Record<string, string>>;
  readonly options: {
    readonly groups: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly haproxyMap?: boolean;
    readonly groupHttpsByVhost?: boolean;
    readonly dontBindHttpHttps?: boolean;
    readonly strictMode?: boolean;
    readonly healthCheck?: boolean;
    readonly sslCerts?: string;
  };
  readonly expected: string;
  readonly maps?: Readonly<Record<string, string>>;
}

const cases = hasCaptured
  ? [...captured<Case[]>("marathon-lb/expected-configs.json"), ...captured<Case[]>("marathon-lb/new-apps.json")]
  : [];

const OPTIONS: MarathonLbOptions = {
  groups: new Set(["external"]),
  folder: "/etc/haproxy",
  usesMaps: false,
  bindsHttp: true,
  groupsHttps: false,
  certificates: ["/etc/ssl/cert.pem"],
};
const LABELS = { HAPROXY_GROUP: "external" };

function render(apps: readonly Json[], options: Partial<MarathonLbOptions> = {}, texts = new Map<string, string>()) {
  return renderMarathonLb(servicesIn(apps).services, new Templates(texts), { ...OPTIONS, ...options });
}

describe.skipIf(!hasCaptured)(`a configuration is the one that marathon-lb writes${WITHOUT}`, () => {
  test.each(cases)("$name", ({ apps, hosts, options, expected, maps }) => {
    const { services } = servicesIn(apps, {
      resolve: (host) => hosts[host],
      isStrict: options.strictMode ?? false,
      needsHealth: options.healthCheck ? "required" : "ignore",
    });
    const texts = Object.entries(options.env ?? {}).map(
      ([name, text]) => [name.replace("HAPROXY_", ""), text] as const,
    );
    const config = renderMarathonLb(services, new Templates(new Map(texts)), {
      ...OPTIONS,
      groups: new Set(options.groups),
      usesMaps: options.haproxyMap ?? false,
      bindsHttp: !options.dontBindHttpHttps,
      groupsHttps: options.groupHttpsByVhost ?? false,
      certificates: options.sslCerts?.split(",") ?? OPTIONS.certificates,
    });
    expect(config.text).toBe(expected);
    if (!maps) return;
    expect(config.maps).toEqual({ domains: maps["domain2backend.map"], apps: maps["app2backend.map"] });
  });
});

test("an app whose template cannot be filled in is left out and named; the others stay", () => {
  const tasks = [task("192.0.2.1", [31_000])];
  const broken = { ...LABELS, HAPROXY_0_BACKEND_HEAD: "backend {nobody}\n" };
  const { text, refused } = render([
    app("/broken", { ports: [10_001], labels: broken, tasks }),
    app("/well", { ports: [10_002], labels: LABELS, tasks }),
  ]);
  expect(text).toContain("backend well_10002");
  expect(text).not.toContain("broken");
  expect(refused).toMatchObject([
    {
      appId: "/broken",
      text: "the template HAPROXY_BACKEND_HEAD cannot be filled in: {nobody} is none of backend, balance, mode",
    },
  ]);
});

test("a head with which a reload would lose connections is refused", () => {
  const heads = ["global\n  daemon\n  stats socket /s expose-fd listeners\n", "global\n"];
  for (const head of heads) {
    expect(() => render([], {}, new Map([["HEAD", head]]))).toThrow("a reload would lose connections");
  }
});

test("a label of an older app's deployment is the one that counts, and its tasks drain", () => {
  const group = { ...LABELS, HAPROXY_DEPLOYMENT_GROUP: "web", HAPROXY_0_PORT: "10000" };
  const at = (time: string) => ({ HAPROXY_DEPLOYMENT_STARTED_AT: time });
  const { text } = render([
    app("/web-green", {
      ports: [10_001],
      labels: { ...group, ...at("2030-01-02T00:00:00") },
      tasks: [task("192.0.2.2", [31_000])],
    }),
    app("/web-blue", {
      ports: [10_000],
      labels: { ...group, ...at("2030-01-01T00:00:00") },
      tasks: [task("192.0.2.1", [31_000])],
    }),
  ]);
  expect(text).toMatch(/server 192_0_2_1_31000 192\.0\.2\.1:31000 id \d+ disabled\n/);
  expect(text).toMatch(/server 192_0_2_2_31000 192\.0\.2\.2:31000 id \d+\n/);
});
