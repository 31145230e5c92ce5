import type { MarathonApp } from "../../sources/marathon/app.js";
import { bambooData, type Rules } from "./data.js";
import { goJson, type Json } from "./json.js";
import type { StructValue, Value } from "./template/values.js";

/** Fields that are called otherwise in JSON than in templates, as Bamboo has it. */
const JSON_NAMES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["marathon.App", new Map([["IpAddress", "ipAddress"]])],
  ["marathon.AppIpAddress", new Map([["Discovery", "discovery"]])],
  ["marathon.Discovery", new Map([["Ports", "ports"]])],
  [
    "marathon.Port",
    new Map([
      ["Number", "number"],
      ["Name", "name"],
      ["Protocol", "protocol"],
    ]),
  ],
]);

/** The JSON of `GET /api/state`: what templates see. `now` is in milliseconds since the epoch. */
export function bambooState(apps: readonly MarathonApp[], rules: Rules, now: number): string {
  return goJson(jsonOf(bambooData(apps, rules, now)));
}

/** A value as Go writes it in JSON. */
export function jsonOf(value: Value): Json {
  switch (value.kind) {
    case "nil":
      return null;
    case "list":
      return value.isNil ? null : value.items.map(jsonOf);
    case "map":
      return value.isNil ? null : new Map([...value.entries].map(([key, item]) => [key, jsonOf(item)]));
    case "struct":
      return ofStruct(value);
    default:
      return value.value;
  }
}

function ofStruct({ type, fields }: StructValue): Json {
  const names = JSON_NAMES.get(type);
  return Object.fromEntries([...fields].map(([name, item]) => [names?.get(name) ?? name, jsonOf(item)]));
}
