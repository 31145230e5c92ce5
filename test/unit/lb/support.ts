import { existsSync, readFileSync } from "node:fs";
import { type ServiceOptions, type Services, servicesOf } from "../../../src/lb/services.js";
import { readApps } from "../../../src/sources/marathon/read-apps.js";
import type { Json } from "../../support/json.js";

/** What the programs that are replaced made of the same input. */
const CAPTURED = new URL("../../../../shared/lb/", import.meta.url);
export const hasCaptured = existsSync(CAPTURED);
/** Behind the name of a test that needs them. */
export const WITHOUT = hasCaptured ? "" : " (../shared/lb is missing)";

export function captured<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, CAPTURED), "utf8")) as T;
}

export const SERVICE_OPTIONS: ServiceOptions = {
  resolve: (host) => host,
  isStrict: false,
  needsHealth: "ignore",
  lastHealth: new Map(),
  now: undefined,
  range: { min: 10_050, max: 10_100 },
  framework: undefined,
  allowsTemplates: true,
  readsEnv: false,
};

/** The services of these apps as Marathon's answer has them. */
export function servicesIn(apps: readonly Json[], options: Partial<ServiceOptions> = {}): Services {
  return servicesOf(readApps({ apps }).apps, { ...SERVICE_OPTIONS, lastHealth: new Map(), ...options });
}
