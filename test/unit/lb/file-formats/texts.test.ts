import { expect, test } from "vitest";
import { luaFiles } from "../../../../src/lb/file-formats/texts.js";

test("finds the files of Lua", () => {
  expect(luaFiles("global\n  lua-load /a.lua\n\tlua-load-per-thread /b.lua x\n  # lua-load /c.lua\n")).toEqual([
    "/a.lua",
    "/b.lua",
  ]);
});
