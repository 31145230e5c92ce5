import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** What threads load at their start, as `npm run build` has made it: it decides how soon a name is answered. */

const FOLDER = fileURLToPath(new URL("../../dist/bundle/", import.meta.url));
const THREADS = ["main", ...readdirSync(FOLDER).flatMap((file) => /^([a-z-]+-thread)\.js$/.exec(file)?.[1] ?? [])];

const textOf = (file: string) => readFileSync(`${FOLDER}${file}`, "utf8");
/** The files beside it that a file always loads. */
const importsOf = (text: string) =>
  Array.from(text.matchAll(/^(?:import|export)[^;]*?"\.\/([^"]+)";/gm), ([, file]) => file);

/** A file and all that it always loads. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const other of importsOf(textOf(file))) loadedWith(other, loaded);
  return loaded;
}

it.each(THREADS)("%s starts with one file, and at most two that the bundler adds", (thread) => {
  const parts = ["", "-start", "-rolldown-runtime"].map((part) => `${thread}${part}.js`);
  expect(parts).toEqual(expect.arrayContaining([...loadedWith(`${thread}.js`)]));
});

it.each(["main", "responder-thread"])("%s starts without the client of masters, which is large", (thread) => {
  expect(textOf("builder-thread.js")).toContain("node_modules/undici/");
  const files = [...loadedWith(`${thread}.js`)];
  expect(files.filter((file) => textOf(file).includes("node_modules/undici/"))).toEqual([]);
});
