/** The rules of the keys for zone transfers, and advice about them. */
import type { Config } from "./config.js";
import { isInZone } from "./names.js";
import type { RuleContext } from "./rule-context.js";
import type { Values } from "./schema.js";
import { zoneNamesOf } from "./zone-rules.js";

/** A TSIG key's name, and where it is used. */
export interface KeyReference {
  readonly key: "allowTransfer" | "notify";
  /** The position in the list, `[1]`. */
  readonly at: string;
  readonly name: string;
}

/** Where keys are used by their names. */
export function keyReferences({ allowTransfer, notify }: Pick<Config, "allowTransfer" | "notify">): KeyReference[] {
  const of = (key: KeyReference["key"], uses: readonly { readonly key?: string }[]) =>
    uses.flatMap(({ key: name }, index) => (name === undefined ? [] : [{ key, at: `[${index}]`, name }]));
  return [...of("allowTransfer", allowTransfer), ...of("notify", notify)];
}

export function checkTransfers(values: Values, context: RuleContext): void {
  checkKeyNames(values, context);
  checkNotifiedZones(values, context);
  const { transferClientCAFile, tlsCertFile } = values;
  if (transferClientCAFile !== "" && tlsCertFile === "")
    context.warnings.push("transferClientCAFile is not used without tlsCertFile");
}

/** The names of keys in `tsigKeyFile` are not known yet: with such a file, they are looked for when it has been read. */
function checkKeyNames(values: Values, { faults }: RuleContext): void {
  if (values.tsigKeyFile !== "" || faults.has("tsigKeyFile") || faults.has("tsigKeys")) return;
  const known = values.tsigKeys.map(({ name }) => name);
  for (const { key, at, name } of keyReferences(values))
    if (!known.includes(name)) faults.add(key, name, allowedKeys(known), at);
}

/** Completes "allowed: …". @param known the names of all keys */
export function allowedKeys(known: readonly string[]): string {
  return known.length === 0 ? "the name of a key in tsigKeys or tsigKeyFile: there is none" : known.join(" or ");
}

function checkNotifiedZones(values: Values, { faults }: RuleContext): void {
  const depends = ["notify", "domain", "dcosNames", "reverseZones", "catalogZone"];
  if (depends.some((key) => faults.has(key))) return;
  const own = zoneNamesOf(values);
  values.notify.forEach(({ zones = [] }, index) => {
    for (const zone of zones)
      if (!own.includes(zone))
        faults.add("notify", zone, `zones of this server: ${own.join(", ")}`, `[${index}].zones`);
  });
}

/** What would be better for secondaries, a sentence each. */
export function transferAdvice(config: Config): readonly string[] {
  return [...retryAdvice(config), ...primaryAdvice(config)];
}

/** With `nameServers`, nothing else gives the name in the SOA record an address. */
function primaryAdvice(config: Config): readonly string[] {
  const { SOAMname, nameServers } = config;
  if (nameServers.length === 0 || nameServers.some(({ name }) => name === SOAMname)) return [];
  const zone = zoneNamesOf(config).find((each) => isInZone(SOAMname, each));
  if (zone === undefined) return [];
  const advice = "add it to nameServers, or set SOAMname to one of those";
  return [
    `SOAMname is ${SOAMname}, which is in ${zone} and has no address there, as it is not in nameServers: ${advice}`,
  ];
}

function retryAdvice({ allowTransfer, notify, SOARetry, SOARefresh }: Config): readonly string[] {
  if ((allowTransfer.length === 0 && notify.length === 0) || SOARetry <= SOARefresh) return [];
  const why = "a secondary that could not transfer the zone waits that long before it asks again";
  return [`SOARetry is ${SOARetry}, longer than SOARefresh, which is ${SOARefresh}: ${why}; 10 is better`];
}
