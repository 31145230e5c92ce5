import { describe, expect, it } from "vitest";
import { answerTo } from "../../../src/console/answers.js";
import { ClusterTable } from "../../../src/console/cluster-table.js";
import { NAMES, nameChanges } from "../../../src/console/name-changes.js";
import { NameTable } from "../../../src/console/name-table.js";
import { SCATTERED } from "../../../src/views/zone-spec.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { APEX, REVERSE_APEX, snapshotOf, snapshotOfZones } from "../../support/zone.js";
import { ALL, piece, taskRow } from "./support.js";

const LINES = [
  "web.marathon.mesos A 203.0.113.1",
  "web-aaaaa-s0.marathon.mesos A 203.0.113.1",
  "_web._tcp.marathon.mesos SRV web-aaaaa-s0.marathon.mesos 80",
  "api.marathon.mesos AAAA 2001:db8::1",
];

function namesOf(snapshot: Snapshot) {
  const names = new NameTable();
  names.follow(snapshot);
  return names;
}

describe("the table of names", () => {
  it("lists the names that have records in order, and parts of them", () => {
    const names = namesOf(snapshotOf(LINES));
    expect(names.find(ALL)).toEqual({
      rows: [
        "_web._tcp.marathon.mesos",
        "api.marathon.mesos",
        "mesos",
        "web-aaaaa-s0.marathon.mesos",
        "web.marathon.mesos",
      ],
      total: 5,
    });
    expect(names.find({ ...ALL, offset: 1, limit: 1 }).rows).toEqual(["api.marathon.mesos"]);
  });

  it("lists names of addresses behind the others", () => {
    const names = namesOf(
      snapshotOfZones([
        [APEX, LINES],
        [REVERSE_APEX, ["1.113.0.203.in-addr.arpa PTR web.marathon.mesos"]],
      ]),
    );
    expect(names.find(ALL).rows.at(-1)).toBe("1.113.0.203.in-addr.arpa");
  });

  it("finds names by any part, the shared one before those of its tasks", () => {
    const names = namesOf(snapshotOf(LINES));
    expect(names.find({ ...ALL, text: "web" }).rows).toEqual([
      "web.marathon.mesos",
      "web-aaaaa-s0.marathon.mesos",
      "_web._tcp.marathon.mesos",
    ]);
    expect(names.find({ ...ALL, text: "aaaaa marathon" }).total).toBe(1);
  });

  it("finds the names that begin with a label, however many contain it", () => {
    const others = Array.from({ length: 60_000 }, (_, i) => `my-web.n${i}.mesos A 203.0.113.1`);
    const names = namesOf(snapshotOf([...LINES, ...others]));
    expect(names.beginningWith(["web.", "_web.", "nobody."], 10)).toEqual([
      "web.marathon.mesos",
      "_web._tcp.marathon.mesos",
    ]);
    expect(names.beginningWith(["my-web."], 2)).toEqual(["my-web.n0.mesos", "my-web.n1.mesos"]);
  });

  it("follows a snapshot, and reads only the shards that differ", () => {
    const before = snapshotOf(LINES);
    const after = snapshotOf([...LINES, "new.marathon.mesos A 203.0.113.9"]);
    const names = namesOf(before);
    const changed = after.whole.shards.filter(([i]) => after.shards[i]?.words[0] !== before.shards[i]?.words[0]);
    expect(changed).toHaveLength(1);
    names.follow(before.with({ ...after.whole, shards: changed }));
    expect(names.find({ ...ALL, text: "new" }).rows).toEqual(["new.marathon.mesos"]);
    expect(names.find(ALL).total).toBe(6);
  });
});

describe("changes of names", () => {
  it("say which names have been added, removed and changed", () => {
    const before = snapshotOf(LINES);
    const after = snapshotOf([
      "web.marathon.mesos A 203.0.113.2",
      ...LINES.slice(1, 3),
      "new.marathon.mesos A 203.0.113.9",
    ]);
    expect(nameChanges(before, after.whole)).toEqual({
      kind: "names",
      count: 3,
      names: {
        added: ["new.marathon.mesos."],
        removed: ["api.marathon.mesos."],
        changed: ["web.marathon.mesos."],
      },
      text: "Names: 1 added, 1 removed, 1 changed.",
    });
  });

  it("list only some of very many", () => {
    const many = Array.from({ length: 200 }, (_, i) => `n${i}.mesos A 203.0.113.1`);
    const change = nameChanges(snapshotOf(LINES), snapshotOf([...LINES, ...many]).whole);
    expect([change?.count, change?.names?.added.length]).toEqual([200, NAMES]);
  });

  it("are none between equal snapshots, and none behind the first one", () => {
    expect(nameChanges(snapshotOf(LINES), snapshotOf(LINES).whole)).toBeUndefined();
    expect(nameChanges(Snapshot.empty([APEX]), snapshotOf(LINES).whole)).toBeUndefined();
  });
});

describe("the page of a name", () => {
  const table = new ClusterTable();
  table.take(piece({ isFirst: true, tasks: [taskRow("web.1"), taskRow("api.1", { addresses: ["2001:db8::1"] })] }));
  const snapshot = snapshotOfZones([
    [APEX, LINES],
    [REVERSE_APEX, ["1.113.0.203.in-addr.arpa PTR web.marathon.mesos"]],
  ]);
  const ask = (name: string) => answerTo({ kind: "name", name }, { table, names: namesOf(snapshot), snapshot });

  it("has its records and the tasks that they lead to, through targets as well", () => {
    expect(ask("_WEB._tcp.marathon.mesos.")).toEqual({
      name: "_WEB._tcp.marathon.mesos.",
      records: [
        { name: "_web._tcp.marathon.mesos.", type: "SRV", data: "0 1 80 web-aaaaa-s0.marathon.mesos.", ttl: 60 },
      ],
      count: 1,
      zone: "mesos.",
      tasks: { rows: [taskRow("web.1")], total: 1 },
    });
  });

  it("has no zone for a single name", () => {
    expect(REVERSE_APEX.zone).toBe(SCATTERED);
    expect(ask("1.113.0.203.in-addr.arpa")).toMatchObject({ zone: null, tasks: { total: 0 } });
  });

  it("is not there for a name without records, or for what is none", () => {
    expect([ask("nobody.mesos"), ask("a b"), ask("")]).toEqual([undefined, undefined, undefined]);
  });
});
