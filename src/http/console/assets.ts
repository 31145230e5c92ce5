import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

/** A file of the browser's program. Its name changes with its content. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer<ArrayBuffer>;
  readonly gzipped: Buffer<ArrayBuffer>;
}

export interface Assets {
  /** Paths of the script and the style. */
  readonly script: string;
  readonly style: string;
  find(name: string): Asset | undefined;
}

export const ASSETS_PATH = "/console";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/**
 * Reads the files that the build has made of the browser's program, with a gzipped one beside each. Returns `undefined` if there are none: a program that is run
 * from its source has no console.
 */
export function loadAssets(folder: URL): Assets | undefined {
  const files = new Map<string, Asset>();
  for (const name of namesIn(folder)) {
    const type = TYPES[extname(name)];
    if (!type) continue;
    const body = readFileSync(new URL(name, folder));
    files.set(name, { type, body, gzipped: readFileSync(new URL(`${name}.gz`, folder)) });
  }
  const pathOf = (extension: string) => [...files.keys()].find((name) => extname(name) === extension);
  const [script, style] = [pathOf(".js"), pathOf(".css")];
  if (script === undefined || style === undefined) return undefined;
  return {
    script: `${ASSETS_PATH}/${script}`,
    style: `${ASSETS_PATH}/${style}`,
    find: (name) => files.get(name),
  };
}

function namesIn(folder: URL): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
