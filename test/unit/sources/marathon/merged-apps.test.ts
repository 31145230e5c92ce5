import { expect, test } from "vitest";
import { mergeApps } from "../../../../src/sources/marathon/merged-apps.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";
import { app } from "../../../support/scripted-marathon.js";

const merged = (lists: Readonly<Record<string, readonly string[]>>) => {
  const read = Object.entries(lists).map(
    ([name, ids]) => [name, readApps({ apps: ids.map((id) => app(id)) }).apps] as const,
  );
  return mergeApps(new Map(read)).map(({ id, givenId }) => (id === givenId ? id : `${id} (${givenId})`));
};

test("apps of several Marathons keep their ids", () => {
  expect(merged({ main: ["/web", "/db"], second: ["/mail"] })).toEqual(["/web", "/db", "/mail"]);
});

test("an id that an earlier Marathon has too gets the name of its own in front, and no other does", () => {
  expect(merged({ main: ["/web", "/second/web"], second: ["/web", "/db"], third: ["/web"] })).toEqual([
    "/web",
    "/second/web",
    "/second/second/web",
    "/db",
    "/third/web",
  ]);
});

test("an app without a collision is as it was read", () => {
  const { apps } = readApps({ apps: [{ id: "old" }] });
  expect(mergeApps(new Map([["main", apps]]))[0]).toBe(apps[0]);
});
