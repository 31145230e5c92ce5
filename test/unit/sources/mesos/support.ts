import type { Config } from "../../../../src/config/config.js";

const MASTER_SETTINGS = {
  masters: [],
  mesosAuthentication: "none",
  mesosCredentials: { principal: "", secret: "" },
  IAMConfigFile: "",
  mesosHTTPSOn: false,
  CACertFile: "",
  CertFile: "",
  KeyFile: "",
  refreshSeconds: 60,
  stateTimeoutSeconds: 10,
  stateMaxBytes: 1_000_000,
} as const satisfies Partial<Config>;

/** A configuration with the keys that the code for talking to masters reads. */
export function configFor(settings: Partial<Config> = {}): Config {
  return { ...MASTER_SETTINGS, ...settings } as Config;
}
