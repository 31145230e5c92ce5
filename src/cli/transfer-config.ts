import { MesosDnsError } from "../base/errors.js";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import type { Config } from "../config/config.js";
import { readKeyName, readServerAddress } from "../config/names.js";
import { transferAdvice } from "../config/transfer-rules.js";
import { zoneNamesOf } from "../config/zone-rules.js";
import { readTsigKeys } from "../transport/tsig-keys.js";
import { bind } from "./secondaries/bind.js";
import { knot } from "./secondaries/knot.js";
import { nsd } from "./secondaries/nsd.js";
import type { NamedKey, SecondaryLines, SecondaryName, SecondaryPlan } from "./secondaries/plan.js";
import { powerdns } from "./secondaries/powerdns.js";
import { unbound } from "./secondaries/unbound.js";

const DNS_PORT = 53;
const LINES: Readonly<Record<SecondaryName, SecondaryLines>> = { knot, nsd, bind, powerdns, unbound };

/** What the command line asks for. */
export interface TransferConfigOptions {
  readonly secondary: SecondaryName;
  /** Addresses, each with a port or without. At least one. */
  readonly primaries: readonly string[];
  /** The name of a key. */
  readonly key?: string;
}

/**
 * `mesos-dns transfer-config`: prints the lines that a secondary needs for every zone of the configuration. They have no secret.
 *
 * @throws {MesosDnsError} USAGE if an address or a key is none; CREDENTIALS_UNREADABLE if the file of keys is not
 */
export function printTransferConfig(options: TransferConfigOptions, config: Config): void {
  process.stdout.write(`${transferLines(options, config).join("\n")}\n`);
}

/** The lines that it prints, advice first. */
export function transferLines(options: TransferConfigOptions, config: Config): readonly string[] {
  const { secondary } = options;
  const plan = planOf(options, config);
  const { comment, lines } = LINES[secondary];
  const from = plan.primaries.map((primary) => formatHostPort(primary, DNS_PORT)).join(" and ");
  const first = `${secondary} as a secondary of mesos-dns at ${from}: beside what its configuration has.`;
  // Unbound cannot sign.
  const key = secondary === "unbound" ? undefined : plan.key;
  const advice = [first, ...adviceFor({ ...plan, key }, config)].map((text) => `${comment} ${text}`);
  return [...advice, "", ...lines(plan)];
}

function planOf({ primaries, key }: TransferConfigOptions, config: Config): SecondaryPlan {
  const { catalogZone } = config;
  return {
    zones: zoneNamesOf(config).filter((zone) => zone !== catalogZone),
    catalogZone,
    primaries: primaries.map((text) => primaryAt(text, config.port)),
    key: key === undefined ? undefined : keyCalled(key, config),
  };
}

/** @param port that of this server, if the address has none */
function primaryAt(text: string, port: number): HostPort {
  const address = readServerAddress(text, port);
  if (address) return address;
  const advice = "give the address of this server, with a port or without";
  throw new MesosDnsError("USAGE", `--primary is ${JSON.stringify(text)}: ${advice}`);
}

/** The key with this name. The files of keys are read only if it is not in the configuration itself. */
function keyCalled(text: string, config: Config): NamedKey {
  const name = readKeyName(text);
  const known: readonly NamedKey[] = config.tsigKeys;
  const all = known.some((key) => key.name === name) || config.tsigKeyFile === "" ? known : readTsigKeys(config).keys;
  const key = all.find((each) => each.name === name);
  if (key) return key;
  const names = all.length === 0 ? "none" : all.map((each) => each.name).join(", ");
  throw new MesosDnsError("USAGE", `--key is ${JSON.stringify(text)}; the keys of this configuration: ${names}`);
}

/** What has to be done here, and what to know, a line each. */
function adviceFor({ key, primaries }: SecondaryPlan, config: Config): readonly string[] {
  const { allowTransfer, notify } = config;
  const isAllowed = allowTransfer.some((rule) => rule.key === key?.name);
  const isTold = notify.some((target) => target.key === key?.name);
  const how = key ? `"key:${key.name}"` : "its address";
  const target = key ? `{"address": …, "key": "${key.name}"}` : "its address";
  return [
    ...(isAllowed ? [] : [`mesos-dns refuses it until allowTransfer has ${how}.`]),
    ...(isTold ? [] : [`mesos-dns tells it of no change until notify has ${target}.`]),
    ...(key ? ["No other secondary may have this key: by it mesos-dns knows what this one has."] : []),
    ...(primaries.length > 1
      ? [
          "Give each mesos-dns its own SOAMname, and let both keep time with NTP. Changes are told by the first one; when it",
          "does not answer, the second is asked, and each such move transfers all once.",
        ]
      : []),
    ...transferAdvice(config).map((advice) => `In mesos-dns: ${advice}.`),
  ];
}
