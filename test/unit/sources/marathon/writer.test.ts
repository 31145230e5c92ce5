import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { MarathonWriter } from "../../../../src/sources/marathon/writer.js";
import { app, ScriptedMarathon, task } from "../../../support/scripted-marathon.js";
import { ManualTimers } from "../../../support/timers.js";
import { settingOf } from "./support.js";

let marathon: ScriptedMarathon;
let standby: ScriptedMarathon;

beforeEach(async () => {
  [marathon, standby] = await Promise.all([ScriptedMarathon.start(), ScriptedMarathon.start()]);
  standby.leader = marathon;
  marathon.apps = [app("/shop/web", { tasks: [task("192.0.2.10", [31_000])] })];
  marathon.doing = ({ method, path }) => {
    if (method === "POST") return { status: 201, state: {} };
    if (method !== "GET") return { state: {} };
    return path === "/v2/apps//shop/web" || path === "/v2/apps/shop/web"
      ? { state: { app: marathon.apps[0] ?? {} } }
      : undefined;
  };
});
afterEach(() => Promise.all([marathon.stop(), standby.stop()]));

function writerTo({ url }: ScriptedMarathon): MarathonWriter {
  const writer = new MarathonWriter(settingOf([url]), { timers: new ManualTimers(), wallClock: Date.now, env: {} });
  onTestFinished(() => writer.close());
  return writer;
}

it("reads an app and all apps, as they were told and as they are read", async () => {
  const writer = writerTo(marathon);
  const web = { told: marathon.apps[0], app: { id: "/shop/web", tasks: [{ host: "192.0.2.10" }] } };
  expect(await writer.app("/shop/web")).toMatchObject(web);
  expect(await writer.apps()).toMatchObject([web]);
});

it("writes by way of a standby, which names the leader, with the same method and body", async () => {
  const writer = writerTo(standby);
  await writer.create({ id: "/new" });
  await writer.scale("/shop/web", 3);
  await writer.kill(["a", "b"]);
  await writer.remove("/shop/web");
  const written = marathon.requests.map(({ method, path, query, body }) => [method, path, query, body]);
  expect(written).toEqual([
    ["POST", "/v2/apps", "", '{"id":"/new"}'],
    ["PUT", "/v2/apps/shop/web", "", '{"instances":3}'],
    ["POST", "/v2/tasks/delete", "scale=true", '{"ids":["a","b"]}'],
    ["DELETE", "/v2/apps/shop/web", "", ""],
  ]);
  expect(marathon.requests[0]?.headers["content-type"]).toBe("application/json");
});

it("stays where it is with an id that is no path of an app's", async () => {
  await writerTo(marathon).remove("/a?force=true#/b");
  expect(marathon.requests).toMatchObject([{ path: "/v2/apps/a%3Fforce%3Dtrue%23/b", query: "" }]);
  await expect(writerTo(marathon).remove("/../groups/b")).rejects.toThrow('"/../groups/b" is no id of an app');
  expect(marathon.requests.length).toBe(1);
});

it("is told why something is not done, once", async () => {
  marathon.doing = () => ({ status: 409, state: { message: "App is locked by one or more deployments" } });
  const failure = { code: "MARATHON_STATUS", message: expect.stringContaining("answered 409 (App is locked by one") };
  await expect(writerTo(marathon).scale("/shop/web", 3)).rejects.toMatchObject(failure);
  expect(marathon.requests.length).toBe(1);
});

it("does not take something else for an app", async () => {
  marathon.doing = () => ({ state: { message: "odd" } });
  const lacking = `Marathon at ${marathon.url}: there is no app in its answer about /shop/web`;
  await expect(writerTo(marathon).app("/shop/web")).rejects.toThrow(lacking);
  await expect(writerTo(marathon).apps()).rejects.toThrow("there are no apps in its answer");
});
