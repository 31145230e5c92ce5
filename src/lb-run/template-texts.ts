import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../base/errors.js";
import { TEXT_NAMES } from "../lb/marathon-lb/templates.js";

/**
 * What an operator has written instead of marathon-lb's texts: in the environment, or in files of a folder. `folder` may be "".
 * @throws {MesosDnsError} CONFIG_UNREADABLE
 */
export function textsOf(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const texts = TEXT_NAMES.flatMap((name): readonly [string, string][] => {
    const given = env[`HAPROXY_${name}`];
    if (given) return [[name, given.replaceAll("\\n", "\n")]];
    const file = folder === "" ? undefined : readIfThere(join(folder, `HAPROXY_${name}`));
    return file === undefined ? [] : [[name, file]];
  });
  return new Map(texts);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read the template ${file}: ${messageOf(error)}`);
  }
}
