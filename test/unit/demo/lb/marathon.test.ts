import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DemoMarathon } from "../../../../src/demo/lb/marathon.js";

let marathon: DemoMarathon;
let apps: readonly object[];

beforeEach(async () => {
  apps = [{ id: "/shop/web" }];
  marathon = await DemoMarathon.start(() => apps);
});
afterEach(() => marathon.stop());

const ask = (path: string, method = "GET") => fetch(`${marathon.url}${path}`, { method });

describe("the demonstration's Marathon", () => {
  it("tells what its apps are now", async () => {
    apps = [{ id: "/shop/web", instances: 3 }];
    const response = await ask("/v2/apps?embed=apps.tasks");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ apps });
  });

  it("tells those who follow its events of each change", async () => {
    const { body } = await ask("/v2/events");
    const events = body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await events?.read())?.value).toContain("event: event_stream_attached\r\n");
    marathon.tell();
    const { value } = (await events?.read()) ?? {};
    expect(value).toMatch(/^event: status_update_event\r\ndata: \{"eventType":"status_update_event",.*\}\r\n\r\n$/);
  });

  it("has nothing else", async () => {
    expect((await ask("/v2/pods/::status")).status).toBe(404);
    expect((await ask("/v2/apps", "POST")).status).toBe(405);
  });
});
