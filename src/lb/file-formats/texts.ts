/** What is found in the text of a configuration, whoever has written it. */

const LUA = /^[ \t]*lua-load(?:-per-thread)?[ \t]+(\S+)/gmu;

/** The files of Lua that HAProxy loads with it. */
export function luaFiles(text: string): readonly string[] {
  return Array.from(text.matchAll(LUA), ([, path = ""]) => path);
}
