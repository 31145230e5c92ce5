import { existsSync, readFileSync } from "node:fs";
import type { Rules } from "../../../../src/lb/bamboo/data.js";
import { renderBamboo } from "../../../../src/lb/bamboo/render.js";
import { readRule } from "../../../../src/lb/bamboo/rules/rule.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";

export const SHARED = new URL("../../../../../shared/lb/bamboo/", import.meta.url);
export const hasShared = existsSync(SHARED);
export const ABSENT = hasShared ? "" : " (left out: ../shared/lb is not there)";

export function shared(name: string) {
  return JSON.parse(readFileSync(new URL(name, SHARED), "utf8"));
}

export const NOW = Date.parse("2023-11-14T22:13:20Z");

/** Rules by app, as they are stored. */
export function rulesIn(stored: Readonly<Record<string, string>>): Rules {
  return new Map(Object.entries(stored).map(([id, text]) => [id, readRule(id, text)]));
}

/** Marathon's answer that go.json was made with. */
export const ANSWER = {
  apps: [
    {
      id: "/store/cart",
      instances: 2,
      env: {
        TCP: "9000",
        EMPTY: "",
        QUOTED: `a "b" <c> & 'd'`,
        ["__proto__"]: "mine",
        ünï: "é☃😀",
      },
      labels: { team: "cart", tier: "1" },
      portDefinitions: [{ port: 10100 }, { port: 10101 }],
      healthChecks: [
        { protocol: "TCP", portIndex: 1 },
        { protocol: "HTTPS", path: "/up", portIndex: 0 },
      ],
      tasks: [
        {
          id: "store_cart.2",
          host: "192.0.2.12",
          ports: [31002, 31003],
          state: "TASK_RUNNING",
          healthCheckResults: [{ alive: true }, { alive: true }],
        },
        { id: "store_cart.1", host: "192.0.2.11", ports: [31000, 31001], state: "TASK_STAGING" },
      ],
    },
    {
      id: "/mail",
      ports: [10025],
      tasks: [{ id: "mail.1", host: "192.0.2.13", ports: [31025], state: "TASK_RUNNING" }],
    },
    { id: "/batch", labels: { note: "none" }, ports: [], tasks: [] },
    {
      id: "old/style",
      env: { N: "-17" },
      networks: [{ mode: "container", name: "dcos" }],
      container: { portMappings: [{ containerPort: 80, servicePort: 10300 }] },
      ipAddress: { discovery: { ports: [{ number: 80, name: "web", protocol: "tcp" }] } },
      tasks: [
        {
          id: "old_style.1",
          host: "agent.example.com",
          ports: [],
          ipAddresses: [{ ipAddress: "198.51.100.7" }],
          state: "TASK_RUNNING",
        },
      ],
    },
  ],
};

export const APPS = readApps(ANSWER).apps;

export const RULES = rulesIn({
  "/mail": "hdr(host) -i mail.example.com",
  "/store/cart": '{"version":"2","config":{"Acl":"path_beg /cart","Owner":"cart team"}}',
});

/** What a template, called `t`, makes of them. */
export function rendered(text: string): string {
  return renderBamboo(APPS, RULES, { name: "t", text }, NOW);
}
