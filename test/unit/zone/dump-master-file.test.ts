import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/base/addresses.js";
import { compileZones } from "../../../src/zone/compile.js";
import { toMasterFile } from "../../../src/zone/master-file.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { APEX, REVERSE_APEX, recordSet, SEED, snapshotOf, snapshotOfZones, zoneContent } from "../../support/zone.js";

const NAME_SERVER = "ns1.mesos A 192.0.2.53";

function fileOf(snapshot: Snapshot): string {
  return [...toMasterFile(snapshot, 0)].join("");
}

/** A zone with unusual host names, which tasks can have all the same. */
const ODD_LABELS = [
  "two words",
  'quo"te',
  "semi;colon",
  "at@sign",
  "dollar$",
  "back\\slash",
  "(parens)",
  "tab\tnew\nline",
  "\0nul",
  "ünïcödé",
  "*",
  "@",
  "_under_score",
  "\x7f",
];

function oddSnapshot(): Snapshot {
  const records = recordSet([]);
  const add = (name: string) => {
    const address = parseAddress("192.0.2.53");
    if (address) records.address(name, address);
  };
  add("ns1.mesos");
  for (const label of ODD_LABELS) {
    add(`${label}.mesos`);
    records.service(`_${label}._tcp.mesos`, `${label}.mesos`, 80);
  }
  const { shards } = compileZones([{ ...zoneContent([]), records }]);
  const update = shards.map((memory, index) => [index, memory] as const);
  return Snapshot.empty([APEX]).with({ generation: 1, seed: SEED, apexes: [APEX], ready: true, shards: update });
}

test("the SOA comes first, then NS, then all names in canonical order", () => {
  const lines = ["b.mesos A 192.0.2.2", "a.mesos AAAA 2001:db8::1", "a.mesos A 192.0.2.1", "x.a.mesos A 192.0.2.3"];
  const services = ["_b._tcp.mesos SRV b.mesos 81", "_b._tcp.mesos SRV b.mesos 80"];
  expect(fileOf(snapshotOf([...lines, ...services, NAME_SERVER])).split("\n")).toEqual([
    "$ORIGIN mesos.",
    "$TTL 60",
    "mesos.\tIN\tSOA\tns1.mesos. root.ns1.mesos. 1700000000 60 600 86400 30",
    "mesos.\tIN\tNS\tns1.mesos.",
    "_b._tcp.mesos.\tIN\tSRV\t0 1 80 b.mesos.",
    "_b._tcp.mesos.\tIN\tSRV\t0 1 81 b.mesos.",
    "a.mesos.\tIN\tA\t192.0.2.1",
    "a.mesos.\tIN\tAAAA\t2001:db8::1",
    "x.a.mesos.\tIN\tA\t192.0.2.3",
    "b.mesos.\tIN\tA\t192.0.2.2",
    "ns1.mesos.\tIN\tA\t192.0.2.53",
    "",
  ]);
});

test("reverse names are not in the file of the domain", () => {
  const zones = [
    [APEX, [NAME_SERVER]],
    [REVERSE_APEX, ["53.2.0.192.in-addr.arpa PTR ns1.mesos"]],
  ] as const;
  expect(fileOf(snapshotOfZones(zones))).toBe(fileOf(snapshotOf([NAME_SERVER])));
});

test("the order in which records were added does not matter", () => {
  const lines = Array.from({ length: 500 }, (_, i) => `t${i}.mesos A 192.0.2.${i % 256}`);
  expect(fileOf(snapshotOf(lines))).toBe(fileOf(snapshotOf([...lines].reverse())));
});

test("a large zone comes in chunks of limited size", () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `t${i}.mesos A 192.0.2.${i % 256}`);
  const chunks = [...toMasterFile(snapshotOf(lines), 0)];
  expect(chunks.length).toBeGreaterThan(1);
  for (const chunk of chunks) expect(chunk.length).toBeLessThan(66 * 1024);
});

test("every label is written in printable ASCII", () => {
  const text = fileOf(oddSnapshot());
  expect(text).toMatch(/^[\t\n\x20-\x7e]*$/);
  expect(text).toContain("\ntwo\\032words.mesos.\t");
  expect(text).toContain("\n\\000nul.mesos.\t");
  expect(text).toContain("\n\\064.mesos.\t");
});

/** Three independent readers of master files. `-k ignore`: BIND warns about host names that violate RFC 952. */
const CHECKERS = [
  ["named-checkzone", ["mesos"], ["-k", "ignore", "mesos"]],
  ["kzonecheck", ["-o", "mesos"], ["-o", "mesos"]],
  ["nsd-checkzone", ["mesos"], ["mesos"]],
] as const;

const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

function installed(program: string): boolean {
  return spawnSync(program, ["-h"], { env: environment }).error === undefined;
}

describe("other servers load it", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "master-file-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a checker and returns its messages, except for those of success. */
  function complaints(program: string, options: readonly string[], text: string): string {
    const file = join(folder, "mesos.zone");
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(program, [...options, file], { env: environment, encoding: "utf8" });
    const said = `${stdout}${stderr}`.replace(/^(OK|zone mesos is ok|zone mesos\/IN: loaded serial \d+)\n/gm, "");
    return status === 0 ? said : `${said}exit ${status}`;
  }

  for (const [program, plain, odd] of CHECKERS) {
    test.skipIf(!installed(program))(`${program} reports nothing about an ordinary zone`, () => {
      const lines = ["web.marathon.mesos A 192.0.2.1", "_web._tcp.marathon.mesos SRV web.marathon.mesos 80"];
      expect(complaints(program, plain, fileOf(snapshotOf([NAME_SERVER, ...lines])))).toBe("");
    });

    test.skipIf(!installed(program))(`${program} reads any label`, () => {
      expect(complaints(program, odd, fileOf(oddSnapshot()))).toBe("");
    });
  }

  test.skipIf(!installed("named-checkzone"))("BIND reads the same octets that were written", () => {
    const file = join(folder, "octets.zone");
    writeFileSync(file, fileOf(oddSnapshot()));
    const options = ["-k", "ignore", "-D", "-q", "-s", "full", "-o", "-", "mesos", file];
    const dump = execFileSync("named-checkzone", options, { env: environment, encoding: "utf8" });
    const owners = new Set([...dump.matchAll(/^(\S+)\.mesos\.\s.*\sA\s/gm)].map(([, owner]) => plainLabel(owner)));
    expect(owners).toEqual(new Set(["ns1", ...ODD_LABELS]));
  });
});

/** The text of a label in BIND's notation. */
function plainLabel(label: string): string {
  const octets: number[] = [];
  for (const [, decimal, character] of label.matchAll(/\\(\d{3})|\\?([\s\S])/g)) {
    octets.push(decimal === undefined ? character.charCodeAt(0) : Number(decimal));
  }
  return Buffer.from(octets).toString("utf8");
}
