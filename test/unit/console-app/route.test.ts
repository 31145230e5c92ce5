import { expect, test } from "vitest";
import { linkTo, readRoute } from "../../../src/console-app/route.js";

test("the address of a page is read as it was written, whatever is in a name", () => {
  const hostile = `<img src=x> & "a"?=#/%20 ü`;
  const { page, query } = readRoute(linkTo("task", { framework: "F0", id: hostile }));
  expect([page, query.get("framework"), query.get("id")]).toEqual(["task", "F0", hostile]);
});

test("parameters without a value are left out", () => {
  expect(linkTo("tasks", { q: "", framework: undefined })).toBe("#/tasks");
});

test.each([[""], ["#"], ["#/"]])("%j is the overview", (hash) => {
  expect(readRoute(hash).page).toBe("");
});
