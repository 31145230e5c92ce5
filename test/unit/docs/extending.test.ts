import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import { ZoneRecords } from "../../../src/build/zone-records.js";
import type { ZoneConfig } from "../../../src/config/config.js";
import type { View } from "../../../src/views/view.js";
import { viewsOf } from "../../../src/views/views.js";
import { apexesOf } from "../../../src/zone/apex.js";
import { compileZones } from "../../../src/zone/compile.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { type Ask, decode, encodeQuery, lines } from "../../support/dns.js";
import { POLICY, requestOf } from "../../support/zone.js";
import { configOf } from "../config/support.js";
import { AGENT, factsOf } from "../views/mesos-dns/support.js";
import { read } from "./files.js";

const SEED = 1;
const S2 = { ...AGENT, id: "6e2c-S2", hostname: "agent-2.example.com", endpoint: { host: "192.0.2.12", port: 5051 } };

/** The view that the page shows, as the file that it says it is. */
async function pagesView(): Promise<(config: ZoneConfig) => View | undefined> {
  const code = /```ts\n(.*?)```/s.exec(read("docs/extending.md"))?.[1] ?? "";
  const absolute = code.replace(/from "((?:\.\.\/)+)(.*)\.js"/g, (_, up: string, path: string) => {
    return `from "${resolve("src", up.length > 3 ? "" : "views", path)}.ts"`;
  });
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-view-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "view.ts");
  writeFileSync(file, absolute);
  const { nodesView } = (await import(/* @vite-ignore */ file)) as { nodesView: (config: ZoneConfig) => View };
  return nodesView;
}

test("the view that the page shows is one more zone, which follows the cluster piece by piece", async () => {
  const config = { ...configOf(), nodesView: true };
  const view = (await pagesView())(config) as View;
  const records = new ZoneRecords([...viewsOf(config), view], SEED);
  let shards: readonly SharedArrayBuffer[] | undefined;
  const ask = (name: string, what: Ask = {}) => {
    const compiled = compileZones(records.contents, { previous: shards });
    shards = compiled.shards;
    const apexes = apexesOf(records.zones, 7);
    const all = compiled.shards.map((memory, index) => [index, memory] as const);
    const snapshot = Snapshot.empty(apexes).with({ generation: 1, seed: SEED, apexes, ready: true, shards: all });
    const answerer = new Answerer({ snapshot, policy: POLICY, random: () => 0, clock: () => 0 });
    const out = new Uint8Array(4096);
    const message = decode(out.subarray(0, answerer.answer(requestOf(encodeQuery(name, what), { out }))));
    return [message.rcode, ...lines(message.answers)];
  };

  records.fill(factsOf([], { agents: [AGENT, S2] }));
  expect(ask("all.nodes.example")).toEqual([
    "NOERROR",
    "all.nodes.example 60 A 192.0.2.11",
    "all.nodes.example 60 A 192.0.2.12",
  ]);
  expect(ask("nodes.example", { type: "NS" })).toEqual(["NOERROR", "nodes.example 60 NS ns1.mesos"]);
  expect(ask("slave.mesos")[0]).toBe("NOERROR");

  expect(records.change(factsOf([], { agents: [S2] }))).toBe(true);
  expect(ask("all.nodes.example")).toEqual(["NOERROR", "all.nodes.example 60 A 192.0.2.12"]);
  expect(records.change(factsOf([], { agents: [] }))).toBe(true);
  expect(ask("all.nodes.example")).toEqual(["NXDOMAIN"]);
});

test("the view that the page shows is off by default, as the page asks of everything", async () => {
  expect((await pagesView())(configOf())).toBeUndefined();
});
