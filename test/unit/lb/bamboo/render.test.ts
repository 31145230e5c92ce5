import { describe, expect, test } from "vitest";
import { renderBamboo } from "../../../../src/lb/bamboo/render.js";
import { readGivenRules } from "../../../../src/lb/bamboo/rules/given-rules.js";
import { bambooState } from "../../../../src/lb/bamboo/state.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";
import { ABSENT, APPS, hasShared, NOW, RULES, rulesIn, shared } from "./support.js";

interface Case {
  readonly name: string;
  readonly apps: unknown;
  readonly services: Readonly<Record<string, string>>;
  readonly template: string;
  readonly expected?: string;
  readonly state?: unknown;
  /** That of Bamboo. Only what begins with `template:` is its text; of others, a failure is wanted. */
  readonly error?: string;
}

const cases: readonly Case[] = hasShared ? shared("templates.json") : [];

describe.skipIf(!hasShared)(`a configuration is the one that Bamboo writes${ABSENT}`, () => {
  test.each(cases)("$name", ({ apps, services, template, expected, state, error }) => {
    const render = () => renderBamboo(readApps(apps).apps, rulesIn(services), { name: "t", text: template }, NOW);
    if (error !== undefined) {
      expect(render).toThrow(error.startsWith("template:") ? error : "there are no apps");
      return;
    }
    expect(render()).toBe(expected);
    expect(bambooState(readApps(apps).apps, rulesIn(services), NOW)).toBe(JSON.stringify(state));
  });
});

test("the state has Bamboo's keys in Bamboo's order, and null for what Go has none of", () => {
  const state = JSON.parse(bambooState(APPS, RULES, NOW));
  expect(state.Apps.map(({ Id, ServicePorts, ipAddress }: never) => [Id, ServicePorts, ipAddress])).toEqual([
    ["/batch", null, { discovery: { ports: null } }],
    ["/mail", [10025], { discovery: { ports: null } }],
    ["/old/style", [10300], { discovery: { ports: [{ number: 80, name: "web", protocol: "tcp" }] } }],
    ["/store/cart", [10100, 10101], { discovery: { ports: null } }],
  ]);
  expect(Object.keys(state.Apps[0]).join(" ")).toBe(
    "Id MesosDnsId EscapedId HealthCheckPath HealthCheckProtocol HealthChecks ReadinessCheckPath Tasks ServicePort " +
      "ServicePorts Env Labels SplitId ipAddress",
  );
});

test("the state is JSON as Go writes it", () => {
  expect(bambooState([], rulesIn({ "/a<b": 'path_beg "/a&b"' }), NOW)).toBe(
    '{"Apps":[],"Services":{"/a\\u003cb":{"Id":"/a\\u003cb","Acl":"path_beg \\"/a\\u0026b\\"","Config":{"Acl":"path_beg \\"/a\\u0026b\\""}}}}',
  );
});

test.each([Number.POSITIVE_INFINITY, 0.5, -1, 2 ** 60])(
  "a port of %d in an answer does not stop the others",
  (port) => {
    const task = { id: "a.1", host: "192.0.2.1", ports: [port], state: "TASK_RUNNING" };
    const check = { protocol: "HTTP", portIndex: port };
    const { apps } = readApps({
      apps: [{ id: "/a", ports: [port], healthChecks: [check], tasks: [task] }, { id: "/b" }],
    });
    expect(renderBamboo(apps, RULES, { name: "t", text: "{{ range .Apps }}{{ .Id }}{{ end }}" }, NOW)).toBe("/a/b");
  },
);

test("nothing that an app or a rule says begins a line of its own", () => {
  const evil = "x\n  stats admin if TRUE\r\0\u0085\u2028\u2029\u001b";
  const { apps } = readApps({
    apps: [
      {
        id: "/a",
        env: { [evil]: evil },
        labels: { l: evil },
        healthChecks: [{ protocol: "HTTP", path: `/${evil}` }],
        tasks: [{ id: evil, host: evil, ports: [1], state: evil }],
      },
    ],
  });
  const rules = rulesIn({ "/a": evil });
  const text = "{{ . }}{{ range .Apps }}{{ range $k, $v := .Env }}{{ $k }}{{ $v }}{{ end }}{{ end }}";
  const rendered = renderBamboo(apps, rules, { name: "t", text }, NOW);
  expect(rendered).toContain("x   stats admin if TRUE");
  expect(rendered).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(JSON.parse(bambooState(apps, rules, NOW)).Services["/a"].Acl).toBe(evil);
});

test.each([
  ["no JSON", "{", "is no JSON"],
  ["a list", "[]", "must be an object"],
  ["a rule that is no text", '{"/a":{"Acl":"x"}}', 'must have a text for "/a"'],
])("a file of rules that is %s is refused", (_, content, message) => {
  expect(() => readGivenRules(content, "rules.json")).toThrow(`the file of rules rules.json ${message}`);
});

test("a file of rules has the text of each znode", () => {
  const rules = readGivenRules('{"/a":"path_beg /a","/__proto__":"path_beg /p"}', "rules.json");
  expect([...rules.values()].map(({ id, acl }) => [id, acl])).toEqual([
    ["/a", "path_beg /a"],
    ["/__proto__", "path_beg /p"],
  ]);
});
