/** What is found in the text of a configuration, whoever has written it. */

const LUA = /^[ \t]*lua-load(?:-per-thread)?[ \t]+(\S+)/gmu;
const BIND = /^[ \t]*bind[ \t]+(\S*):(\d+)(?=[ \t]|$)/gmu;

export interface Bind {
  /** An address; 0.0.0.0 for all of IPv4. */
  readonly host: string;
  readonly port: number;
}

/** The files of Lua that HAProxy loads with it. */
export function luaFiles(text: string): readonly string[] {
  return Array.from(text.matchAll(LUA), ([, path = ""]) => path);
}

/** Where HAProxy listens, by what is written; names and ranges are left out. */
export function bindsIn(text: string): ReadonlyMap<string, Bind> {
  return new Map(
    Array.from(text.matchAll(BIND), ([, written = "", port]) => {
      const host = written === "" || written === "*" ? "0.0.0.0" : written.replace(/^\[(.*)\]$/u, "$1");
      return [`${host}:${port}`, { host, port: Number(port) }];
    }),
  );
}
