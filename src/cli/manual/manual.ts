import { VERSION } from "../../base/version.js";
import { KEY_PATHS, KEYS } from "../../config/schema.js";
import { usage } from "../flags.js";
import { HELP } from "../help.js";
import { completionFor, SHELLS } from "./completion.js";
import { readHelp } from "./help-table.js";
import { type About, configPage, type ManualKey, programPage } from "./man.js";

/** `mesos-dns completion SHELL`. @throws {MesosDnsError} USAGE */
export function printCompletion([word]: readonly string[]): void {
  const shell = SHELLS.find((name) => name === word);
  if (!shell) throw usage(`completion needs one of ${SHELLS.join(", ")}`);
  process.stdout.write(completionFor(shell, readHelp(HELP)));
}

/** `mesos-dns manual SECTION`. @throws {MesosDnsError} USAGE */
export function printManual([word]: readonly string[]): void {
  if (word === "1") process.stdout.write(programPage(HELP.split("\n\n")[0] ?? "", readHelp(HELP), about()));
  else if (word === "5") process.stdout.write(configPage(manualKeys(), about()));
  else throw usage("manual needs 1 or 5");
}

/** Every key, as docs/configuration.md has it. */
export function manualKeys(): readonly ManualKey[] {
  return KEY_PATHS.map((name) => {
    const { doc, format, default: preset, shownDefault, reload } = KEYS[name];
    const value = format.allowed;
    return { name, value, default: shownDefault ?? JSON.stringify(preset), isLive: reload === "live", about: doc };
  });
}

/** Packages that are built again are the same (https://reproducible-builds.org/specs/source-date-epoch/). */
function about(): About {
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  const time = epoch === undefined ? Date.now() : Number(epoch) * 1_000;
  return { version: VERSION, date: new Date(time).toISOString().slice(0, 10) };
}
