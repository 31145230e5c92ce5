import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { readServerAddress } from "../../config/names.js";
import { parseLbFlags } from "./flags.js";
import { follow, runSettings, warn } from "./lb.js";

const OPTIONS = { config: { type: "string" }, bind: { type: "string" }, log: { type: "string" } } as const;
const DEFAULT_CONFIG = "config/development.json";
const DEFAULT_BIND = ":8000";
const LOG = "-log has no effect: the log goes to standard error, a JSON object a line";

/** `bamboo -config FILE -bind ADDRESS -log FILE` */
export async function runBamboo(words: readonly string[]): Promise<void> {
  const { config = DEFAULT_CONFIG, bind = DEFAULT_BIND, log } = parsed(words);
  const listen = readServerAddress(bind.startsWith(":") ? `0.0.0.0${bind}` : bind, 0);
  if (!listen || listen.port === 0) {
    throw new MesosDnsError(
      "USAGE",
      `-bind is ${JSON.stringify(bind)}, and has to be an address and a port, such as :8000`,
    );
  }
  if (log !== undefined) warn([LOG]);
  const flags = parseLbFlags(["--bamboo-config", config]);
  const settings = runSettings(flags, process.env);
  return follow(flags, { ...settings, bamboo: { ...settings.bamboo, listen } }, { isOnce: false });
}

/** Go's flags have one dash. */
function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: words.map((word) => word.replace(/^-(?=[a-z])/u, "--")), options: OPTIONS }).values;
  } catch (error) {
    throw new MesosDnsError("USAGE", `${messageOf(error)}; bamboo has -config FILE, -bind ADDRESS and -log FILE`);
  }
}
