import type { Config } from "../../../src/config/config.js";
import { type Loaded, type LoadOptions, loadConfig } from "../../../src/config/load.js";
import { MesosDnsError } from "../../../src/errors.js";

export const MASTERS = { masters: ["192.0.2.1:5050"] };

/** Loads `keys` (or a text) as the file, with nothing else in the surroundings unless `options` says so. */
export function load(keys: object | string, options: Partial<LoadOptions> = {}): Loaded {
  const text = typeof keys === "string" ? keys : JSON.stringify(keys);
  return loadConfig({ file: "config.json", env: {}, readFile: () => text, systemResolvers: () => [], ...options });
}

/** The configuration of `keys` with one master given. */
export function configOf(keys: object = {}, options: Partial<LoadOptions> = {}): Config {
  return load({ ...MASTERS, ...keys }, options).config;
}

/** The warnings of `keys` with one master given. */
export function warningsOf(keys: object = {}, options: Partial<LoadOptions> = {}): readonly string[] {
  return load({ ...MASTERS, ...keys }, options).warnings;
}

/** The lines that tell what is wrong with `keys`, to which one master is added. */
export function faultsOf(keys: object = {}, options: Partial<LoadOptions> = {}): readonly string[] {
  const [, ...lines] = failure(() => load({ ...MASTERS, ...keys }, options)).message.split("\n");
  return lines.map((line) => line.trim());
}

/** The error that `action` throws. */
export function failure(action: () => unknown): MesosDnsError {
  try {
    action();
  } catch (error) {
    if (error instanceof MesosDnsError) return error;
    throw error;
  }
  throw new Error("no failure where one was expected");
}
