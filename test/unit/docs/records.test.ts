import { expect, it } from "vitest";
import type { Task } from "../../../src/sources/mesos/cluster.js";
import { SCATTERED } from "../../../src/views/zone-spec.js";
import { RFC1123, toFragment, toLabel } from "../../../src/wire/labels.js";
import { emitted, framework } from "../views/mesos-dns/support.js";
import { quoted, read, tableRows } from "./files.js";

const PAGE = read("docs/records.md");

const ON_AGENT = { agentId: "cluster-S1", ports: [[31000, 31000]], addresses: { netinfo: ["203.0.113.7"] } } as const;
const WEB: Task = { ...ON_AGENT, id: "web.3f2a", name: "web" };
const API: Task = {
  ...WEB,
  discovery: {
    name: "api",
    ports: [
      { number: 8080, name: "http", protocol: "tcp" },
      { number: 9000, name: "", protocol: "" },
    ],
  },
};

/** Every name that the page's cluster is given, with its types, in the domain and in DC/OS's zone, and where its addresses lead. */
function published(...tasks: Task[]): { names: Set<string>; dcos: Set<string>; pointers: Set<string> } {
  const pid = { host: "198.51.100.10", port: 15101 };
  const master = { host: "192.0.2.1", port: 5050 };
  const agent = { id: "cluster-S1", endpoint: { host: "192.0.2.11", port: 5051 }, hostname: "agent-1.example.com" };
  const { zone } = emitted([framework({ pid, tasks })], {
    agents: [agent],
    masters: [master, { host: "192.0.2.2", port: 5050 }],
    nameServers: [{ name: "ns1.mesos", addresses: [] }],
    config: { IPSources: ["netinfo", "host"], dcosNames: true },
  });
  const names = (name: string) => new Set(zone(name).map((line) => line.split(" ").slice(0, 2).join(" ")));
  const pointers = new Set(zone(SCATTERED).map((line) => line.replace(" PTR", "")));
  return { names: names("mesos"), dcos: names("thisdcos.directory"), pointers };
}

it("docs/records.md makes labels of names as the program does", () => {
  const rows = tableRows(PAGE, "Name in Mesos");
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) {
    const [name = "", task, framework] = row.map((cell) => quoted(cell)[0]);
    expect([toLabel(name, RFC1123), toFragment(name, RFC1123)]).toEqual([task, framework]);
  }
});

it("docs/records.md names what is published for its example, and what is published is named there", () => {
  // The name server's own addresses and the apex are the zone's, not the generator's.
  const rows = tableRows(PAGE, "Name").filter(([name = ""]) => !/`mesos`|`ns1\.mesos`/.test(name));
  const named = rows.flatMap(([names = "", type = ""]) => {
    const types = type === "SRV" ? ["SRV"] : ["A"];
    return quoted(names).flatMap((name) => types.map((each) => `${name} ${each}`));
  });
  const both = new Set([...published(WEB).names, ...published(API).names]);
  expect([...new Set(named)].toSorted()).toEqual([...both].toSorted());
});

it("docs/records.md names what DC/OS's zone has for its example", () => {
  const { dcos } = published(WEB);
  const rows = tableRows(PAGE, "DC/OS name");
  const named = rows.flatMap(([name = "", type = ""]) =>
    /SOA/.test(type) ? [] : `${quoted(name)[0]} ${type.split(",")[0]}`,
  );
  expect(named).toHaveLength(7);
  expect([...dcos]).toEqual(expect.arrayContaining(named));
  const own = [...dcos].filter((each) => !each.includes(".mesos.thisdcos.directory "));
  expect(named).toEqual(expect.arrayContaining(own));
});

it("docs/records.md leads from addresses to names as the program does", () => {
  const { pointers } = published(WEB);
  const rows = tableRows(PAGE, "Address");
  expect(rows).toHaveLength(3);
  for (const row of rows) {
    const [address, , name] = row.map((cell) => quoted(cell)[0]);
    expect(pointers).toContain(`${address?.split(".").reverse().join(".")}.in-addr.arpa ${name}`);
  }
});
