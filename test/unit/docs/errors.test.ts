import { expect, it } from "vitest";
import { quoted, read, tableRows } from "./files.js";

it("docs/errors.md lists every error code, and no other", () => {
  const type = /type ErrorCode =([^;]+);/.exec(read("src/base/errors.ts"))?.[1] ?? "";
  const codes = [...type.matchAll(/"([A-Z_]+)"/g)].map((match) => match[1]);
  const listed = tableRows(read("docs/errors.md"), "Code").map(([code = ""]) => quoted(code)[0]);
  expect(codes.length).toBeGreaterThan(0);
  expect(listed.toSorted()).toEqual(codes.toSorted());
});

it("docs/errors.md says of every code what it means and what to do", () => {
  for (const row of tableRows(read("docs/errors.md"), "Code")) {
    expect(row).toEqual([expect.anything(), expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
  }
});
