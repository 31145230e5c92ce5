import { expect, test } from "vitest";
import { bindsIn, luaFiles } from "../../../../src/lb/file-formats/texts.js";

test("finds where HAProxy listens, whatever the indentation, and what stands behind", () => {
  const text =
    "frontend a\n  bind *:80\n\tbind :81 ssl crt /x\nbind 192.0.2.1:82\n  bind [2001:db8::1]:83\n  bind abns@x\n # bind *:84\n bind *:1-9\n";
  expect([...bindsIn(text).values()]).toEqual([
    { host: "0.0.0.0", port: 80 },
    { host: "0.0.0.0", port: 81 },
    { host: "192.0.2.1", port: 82 },
    { host: "2001:db8::1", port: 83 },
  ]);
});

test("finds the files of Lua", () => {
  expect(luaFiles("global\n  lua-load /a.lua\n\tlua-load-per-thread /b.lua x\n  # lua-load /c.lua\n")).toEqual([
    "/a.lua",
    "/b.lua",
  ]);
});
