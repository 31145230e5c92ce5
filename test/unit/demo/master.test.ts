import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../../../src/base/random.js";
import { DemoCluster } from "../../../src/demo/cluster.js";
import { DemoMaster } from "../../../src/demo/master.js";

let master: DemoMaster;

beforeEach(async () => {
  master = await DemoMaster.start(new DemoCluster({ now: () => 0, random: createRandom(1) }));
});
afterEach(() => master.stop());

function ask(path: string, method = "GET"): Promise<Response> {
  return fetch(`http://${master.address}${path}`, { method });
}

describe("the demonstration master", () => {
  it.each(["/master/state", "/state", "/state?jsonp="])("answers %s as the leader", async (path) => {
    const response = await ask(path);
    expect(response.headers.get("content-type")).toBe("application/json");
    const state = await response.json();
    expect(state).toMatchObject({ leader: `master@${master.address}`, pid: `master@${master.address}` });
  });

  it("has nothing else", async () => {
    expect((await ask("/api/v1", "POST")).status).toBe(404);
    expect((await ask("/state", "POST")).status).toBe(405);
  });
});
