import { describe, expect, test } from "vitest";
import type { HealthPolicy, ZoneConfig } from "../../../../src/config/config.js";
import type { Framework, Task } from "../../../../src/sources/mesos/cluster.js";
import { dcosView } from "../../../../src/views/dcos/view.js";
import type { RecordSink } from "../../../../src/views/sink.js";
import { NO_CLAIMS } from "../../../../src/views/sink.js";
import { configOf } from "../../config/support.js";
import { address, emitted, framework, linesInto, task } from "../mesos-dns/support.js";

const ZONE = "thisdcos.directory";
const BELOW_DCOS = new RegExp(`\\.dcos\\.${ZONE} `);
const MASTERS = [
  { host: "192.0.2.1", port: 5050 },
  { host: "192.0.2.2", port: 5050 },
];

/** The records of DC/OS's zone and of the domain, as lines. */
function bothOf(frameworks: Framework[], rules: Partial<ZoneConfig> = {}): { dcos: string[]; own: string[] } {
  const { domain = "mesos" } = rules;
  const { zone } = emitted(frameworks, { config: { ...rules, dcosNames: true }, masters: MASTERS });
  return { dcos: zone(ZONE), own: zone(domain) };
}

/** An outline of a task's own records: `agentip 192.0.2.11`. */
function namesOf(parts: Partial<Task>, name = "web.marathon", frameworkName = "marathon"): string[] {
  return bothOf([framework({ name: frameworkName, tasks: [task(parts)] })], { enforceRFC952: true })
    .dcos.filter((line) => BELOW_DCOS.test(line) && line.startsWith(`${name}.`))
    .map((line) => line.slice(name.length + 1).replace(/\.dcos\.thisdcos\.directory (AAAA|A)/, ""));
}

const CONTAINER = { netinfo: ["198.51.100.7", "2001:db8::7"] };
const AT_AGENT = ["agentip 192.0.2.11", "autoip 192.0.2.11"];

describe("a task in DC/OS's zone", () => {
  test("has names for its agent's addresses, for its container's, and for the container's if no port is mapped", () => {
    expect(namesOf({ addresses: CONTAINER })).toEqual([
      "agentip 192.0.2.11",
      "autoip 198.51.100.7",
      "autoip 2001:db8::7",
      "containerip 198.51.100.7",
      "containerip 2001:db8::7",
    ]);
  });

  test.each([
    ["its task", { mapsPorts: true }],
    ["its network", { networkMapsPorts: true }],
  ] as const)("is reached at its agent if %s maps ports", (_, mapping) => {
    expect(namesOf({ addresses: CONTAINER, ...mapping })).toEqual([
      ...AT_AGENT,
      "containerip 198.51.100.7",
      "containerip 2001:db8::7",
    ]);
  });

  test.each([{}, { docker: ["172.17.0.2"] }, { netinfo: ["nonsense"] }])(
    "has only its agent's addresses if it reports %j",
    (addresses) => expect(namesOf({ addresses })).toEqual(AT_AGENT),
  );

  test.each([
    [{ name: "a.b_C" }, "marathon", "a-b-c.marathon"],
    [{}, "marathon.prod", "web.marathon-prod"],
    [{}, "Kafka/Prod_1", "web.kafkaprod-1"],
    [{ discovery: { name: "web.shop", ports: [] } }, "marathon", "web-shop.marathon"],
    [{ name: "7-up" }, "marathon", "7-up.marathon"],
  ])("called %j in %s is %s", (parts, frameworkName, name) => {
    expect(namesOf(parts, name, frameworkName)).toEqual(AT_AGENT);
  });

  test("has no names if nothing is left of its name or its framework's", () => {
    for (const [name, frameworkName] of [["###", "marathon"] as const, ["web", "###"] as const]) {
      const { dcos } = bothOf([framework({ name: frameworkName, tasks: [task({ name })] })]);
      expect(dcos.filter((line) => line.includes("ip.dcos."))).toEqual([]);
    }
  });

  test("that is unhealthy is on standby if the policy says so", () => {
    const frameworks = [framework({ tasks: [task({ unhealthy: true })] })];
    const standby = (healthPolicy: HealthPolicy) =>
      bothOf(frameworks, { healthPolicy })
        .dcos.filter((line) => line.endsWith(" standby"))
        .map((line) => line.split(".thisdcos")[0]);
    expect(standby("omitUnhealthy")).toEqual([
      "web.marathon.agentip.dcos",
      "web.marathon.autoip.dcos",
      "web.marathon.mesos",
      "web.marathon.slave.mesos",
    ]);
    expect(standby("ignore")).toEqual([]);
  });
});

test("masters and their leader have names in DC/OS's zone", () => {
  expect(bothOf([]).dcos.filter((line) => BELOW_DCOS.test(line))).toEqual([
    `leader.dcos.${ZONE} A 192.0.2.1`,
    `master.dcos.${ZONE} A 192.0.2.1`,
    `master.dcos.${ZONE} A 192.0.2.2`,
  ]);
});

describe("the mirror of the domain", () => {
  test.each(["mesos", "dc1.example"])("%s has every record, and services that stay in it", (domain) => {
    const tasks = [task({ ports: [[31000, 31000]], addresses: CONTAINER })];
    const { dcos, own } = bothOf([framework({ name: "marathon.prod", tasks })], { domain });
    const end = new RegExp(`\\.${domain}(?=[ :])`, "g");
    const twins = own.map((line) => line.replaceAll(end, `.mesos.${ZONE}`));
    expect(dcos.filter((line) => !BELOW_DCOS.test(line))).toEqual(twins.sort());
    expect(own.length).toBeGreaterThan(15);
  });

  test("leaves out names that would be too long in it", () => {
    const long = ["a", "b", "c"].map((letter) => letter.repeat(63)).join(".");
    const twins = new Set<string>();
    const sinks = { zone: () => linesInto(twins), claims: NO_CLAIMS };
    const records = dcosView(configOf({ dcosNames: true }))?.mirror?.into(sinks) as RecordSink;
    records.address(`${long}.${"d".repeat(54)}.mesos`, address("192.0.2.1"));
    records.service("_web._tcp.mesos", `${long}.${"d".repeat(54)}.mesos`, 80);
    expect(twins.size).toBe(0);
    records.address(`${long}.${"d".repeat(35)}.mesos`, address("192.0.2.1"));
    expect(twins.size).toBe(1);
  });
});
