import { describe, expect, test } from "vitest";
import { type ConsulPiece, piecesOf } from "../../../../../src/consul/registry/pieces.js";
import { Unsent } from "../../../../../src/consul/registry/unsent.js";
import { ConsulBoard } from "../../../../../src/http/consul/catalog/board.js";
import { catalogEndpoints } from "../../../../../src/http/consul/catalog/catalog-endpoints.js";
import { healthEndpoints } from "../../../../../src/http/consul/catalog/health-endpoints.js";
import type { Reading } from "../../../../../src/http/consul/endpoint.js";
import type { Json } from "../../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../../support/scripted-master.js";
import { clusterIn, Watched } from "../../../consul/registry/support.js";

const S0 = agent("S0", { ip: "192.0.2.10" });
const S1 = agent("S1", { ip: "192.0.2.11" });
const labels = (pairs: Readonly<Record<string, string>>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});
const web = (number: number, extra: Json = {}) =>
  task("web", { id: `web.${number}`, agent: "S0", ports: [31000 + number], extra });
const api = task("api", { agent: "S1", ports: [32000] });
const sick = { statuses: [{ state: "TASK_RUNNING", timestamp: 1, healthy: false }] };

/** A registry, the board that follows it, and what those who watch have heard. */
class Shown {
  readonly watched = new Watched();
  readonly board = new ConsulBoard(true);
  readonly #unsent = new Unsent();
  readonly #endpoints = [
    ...catalogEndpoints({ board: this.board, datacenter: () => "dc1" }),
    ...healthEndpoints({ board: this.board, datacenter: () => "dc1" }),
  ];
  #isFirst = true;

  /** Changes the cluster without telling the board. */
  change(tasks: readonly Json[], agents: readonly Json[] = [S0, S1]): void {
    this.watched.now += 1_000;
    const state = stateOf(
      { address: "192.0.2.1:5050" },
      cluster({ agents, frameworks: [framework("marathon", { tasks })] }),
    );
    const change = this.watched.update(clusterIn(state));
    const { registry } = this.watched;
    if (this.#isFirst) this.#unsent.begin(registry.everything());
    else if (change) this.#unsent.add(change);
    this.#isFirst = false;
  }

  get pieces(): readonly ConsulPiece[] {
    const unsent = this.#unsent.take();
    if (!unsent) return [];
    const { registry } = this.watched;
    const { indexes, counts, ownNode } = registry;
    const end = { indexes, counts, ownNode };
    return [...piecesOf(unsent.change, end, unsent.isFirst, (each) => registry.registrationOf(each))];
  }

  show(...tasks: readonly Json[]): void {
    this.change(tasks);
    for (const piece of structuredClone(this.pieces)) this.board.take(piece);
  }

  reading(path: string): Reading {
    const [before = "", query = ""] = path.split("?");
    const endpoint = this.#endpoints.find(({ path }) =>
      path.endsWith("/") ? before.startsWith(path) : before === path,
    );
    const rest = decodeURIComponent(before.slice(endpoint?.path.length ?? 0));
    const found = endpoint?.GET?.({ rest, query: new URLSearchParams(query), body: Buffer.alloc(0) });
    if (!found || "status" in found) throw new Error(`no reading at ${path}`);
    return found;
  }

  json(path: string) {
    const { body } = this.reading(path).answer();
    return JSON.parse([...body].map(String).join(""));
  }

  /** Which of these are woken by the work. */
  woken(paths: readonly string[], work: () => void): readonly string[] {
    const heard = new Set<string>();
    const ends = paths.map((path) => {
      const reading = this.reading(path);
      const before = reading.index();
      return reading.watch(() => {
        if (reading.index() > before) heard.add(path);
      });
    });
    work();
    for (const end of ends) end();
    return paths.filter((path) => heard.has(path));
  }
}

const ALL = [
  "/v1/catalog/services",
  "/v1/catalog/services?node-meta=rack:r1",
  "/v1/catalog/service/web",
  "/v1/catalog/service/api",
  "/v1/catalog/nodes",
  "/v1/catalog/node/agent-s0",
  "/v1/health/service/web",
  "/v1/health/service/api?passing",
  "/v1/health/service/new",
  "/v1/health/checks/web",
  "/v1/health/node/agent-s0",
  "/v1/health/state/any",
];

describe("a change wakes those who read what it has changed, and nobody else:", () => {
  const nodeOf = (shown: Shown, service: string) => shown.json(`/v1/catalog/service/${service}`)[0].Node as string;
  const pathsFor = (shown: Shown) => ALL.map((path) => path.replace("agent-s0", nodeOf(shown, "web")));
  const run = (before: readonly Json[], after: readonly Json[]) => {
    const shown = new Shown();
    shown.show(...before);
    const node = nodeOf(shown, "web");
    return shown.woken(pathsFor(shown), () => shown.show(...after)).map((path) => path.replace(node, "NODE"));
  };

  test("another instance", () => {
    expect(run([web(1), api], [web(1), web(2), api])).toEqual([
      "/v1/catalog/services?node-meta=rack:r1",
      "/v1/catalog/service/web",
      "/v1/catalog/node/NODE",
      "/v1/health/service/web",
      "/v1/health/checks/web",
      "/v1/health/node/NODE",
      "/v1/health/state/any",
    ]);
  });

  test("a check", () => {
    expect(run([web(1), api], [web(1, sick), api])).toEqual([
      "/v1/health/service/web",
      "/v1/health/checks/web",
      "/v1/health/node/NODE",
      "/v1/health/state/any",
    ]);
  });

  test("a new service", () => {
    const fresh = task("new", { agent: "S1", ports: [33000] });
    expect(run([web(1), api], [web(1), api, fresh])).toEqual([
      "/v1/catalog/services",
      "/v1/catalog/services?node-meta=rack:r1",
      "/v1/health/service/new",
      "/v1/health/state/any",
    ]);
  });

  test("the last instance, after which the service is empty", () => {
    const shown = new Shown();
    shown.show(web(1), api);
    const before = shown.reading("/v1/health/service/web").index();
    const woken = shown.woken(["/v1/health/service/web", "/v1/health/service/api"], () => shown.show(api));
    expect(woken).toEqual(["/v1/health/service/web"]);
    expect(shown.json("/v1/health/service/web")).toEqual([]);
    const after = shown.reading("/v1/health/service/web").index();
    expect(after).toBeGreaterThan(before);
    shown.show(api, task("other", { agent: "S1" }));
    expect(shown.reading("/v1/health/service/web").index()).toBe(after);
    expect(shown.woken(["/v1/health/service/web"], () => shown.show(web(1), api))).toEqual(["/v1/health/service/web"]);
  });

  test("the same again, in other objects", () => {
    expect(run([web(1), web(2), api], [api, web(2), web(1)])).toEqual([]);
  });
});

describe("the board", () => {
  test("has catalogue and health of one moment, in the same order", () => {
    const shown = new Shown();
    shown.show(web(2), web(1, sick), api);
    const ids = (path: string, of: (each: { ServiceID: string; Service: { ID: string } }) => string) =>
      shown.json(path).map(of);
    const catalog = ids("/v1/catalog/service/web", ({ ServiceID }) => ServiceID);
    expect(catalog).toEqual(ids("/v1/health/service/web", ({ Service }) => Service.ID));
    expect(catalog).toEqual(catalog.toSorted());
    expect(shown.json("/v1/health/service/web?passing")).toHaveLength(1);
  });

  test("has an instance once, however often it changes", () => {
    const shown = new Shown();
    shown.show(web(1), api);
    shown.show(web(1, sick), api);
    shown.show(web(1, labels({ SERVICE_TAGS: "new" })), api);
    expect(shown.json("/v1/health/service/web")).toMatchObject([
      { Service: { Tags: ["new"] }, Checks: [{}, { Status: "passing" }] },
    ]);
    expect(shown.json("/v1/health/state/critical")).toEqual([]);
  });

  test("shows nothing of a change before its last piece", () => {
    const shown = new Shown();
    shown.show(web(1));
    shown.change([web(1), web(2), ...Array.from({ length: 1_500 }, (_, i) => web(i + 3))]);
    const { pieces } = shown;
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces.slice(0, -1)) shown.board.take(piece);
    expect(shown.json("/v1/catalog/service/web")).toHaveLength(1);
    shown.board.take(pieces[pieces.length - 1]);
    expect(shown.json("/v1/catalog/service/web")).toHaveLength(1_502);
  });

  test("comes to the same over joined changes as over each of them", () => {
    const shown = new Shown();
    shown.show(web(1), api);
    shown.change([web(2), api]);
    shown.change([web(2, sick), web(3)]);
    shown.change([web(3), web(1), api], [S1, S0]);
    for (const piece of shown.pieces) shown.board.take(piece);
    const anew = new Shown();
    anew.show(web(3), web(1), api);
    const without = (text: unknown) => JSON.stringify(text).replace(/"(?:Create|Modify)Index":\d+/g, "");
    for (const path of ["/v1/catalog/services", "/v1/catalog/nodes", "/v1/health/state/any", "/v1/health/service/web"])
      expect(without(shown.json(path))).toBe(without(anew.json(path)));
  });

  test("lists several spellings of a service, and answers all of them to each", () => {
    const shown = new Shown();
    shown.show(
      web(1, labels({ SERVICE_NAME: "Web" })),
      web(2, labels({ SERVICE_NAME: "web", tags: "b" })),
      web(3, labels({ SERVICE_NAME: "__proto__", tags: "7" })),
    );
    expect(Object.keys(shown.json("/v1/catalog/services")).toSorted()).toEqual(["Web", "__proto__", "consul", "web"]);
    expect(shown.json("/v1/catalog/service/WEB")).toHaveLength(2);
  });

  test("answers at once what would be asked for a thousand times, and a long list piece by piece", () => {
    const shown = new Shown();
    shown.show(...Array.from({ length: 6_000 }, (_, i) => web(i)), api);
    const long = shown.reading("/v1/health/service/web").answer();
    expect(Array.isArray(long.body)).toBe(false);
    const short = shown.reading("/v1/health/service/api");
    expect(short.answer().rendering).toBe(short.answer().rendering);
    // What is being read stays as it was, whatever changes meanwhile.
    const pieces = [];
    for (const piece of long.body) {
      if (pieces.length === 0) shown.show(api);
      pieces.push(piece);
    }
    expect(JSON.parse(pieces.join(""))).toHaveLength(6_000);
    expect(shown.json("/v1/health/service/web")).toEqual([]);
  });

  test("says that there is no leader before the first state", () => {
    const shown = new Shown();
    expect(shown.reading("/v1/catalog/services").answer()).toMatchObject({ status: 500, body: ["No cluster leader"] });
  });
});
