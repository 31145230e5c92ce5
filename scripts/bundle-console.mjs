/**
 * Makes the browser's program of the console out of src/console-app: one script and one style, whose names change with their content, and
 * a gzipped file beside each.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const APP = fileURLToPath(new URL("../src/console-app/", import.meta.url));
const MODULES = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** What comes later wins. */
const STYLES = ["base", "frame", "pages", "lists", "narrow"];

/** @returns the chunks that the script was made of */
export async function bundleConsole(folder) {
  mkdirSync(folder, { recursive: true });
  const bundle = await rolldown({
    input: join(APP, "main.tsx"),
    platform: "browser",
    tsconfig: join(APP, "tsconfig.json"),
    resolve: { extensionAlias: { ".js": [".ts", ".tsx", ".js"] } },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  write(folder, "js", output[0].code);
  const styles = [
    join(MODULES, "uplot/dist/uPlot.min.css"),
    ...STYLES.map((name) => join(APP, "style", `${name}.css`)),
  ];
  write(folder, "css", styles.map((path) => readFileSync(path, "utf8")).join("\n"));
  return output;
}

function write(folder, extension, text) {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const path = join(folder, `console-${digest}.${extension}`);
  writeFileSync(path, text);
  writeFileSync(`${path}.gz`, gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
}
