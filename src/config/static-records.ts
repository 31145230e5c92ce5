/** The format of the key `records`: each record by itself, before `record-rules.ts` looks at all of them. */

import { isObject } from "../base/lenient.js";
import { type Findings, type Format, integer, parseJsonOrText, textual, within } from "./format.js";
import { oneOf } from "./formats.js";
import { readMembers } from "./members.js";
import { readRecordName } from "./names.js";
import { allowedTypes, DATA, MAX_TTL, readStaticType, STATIC_TYPES } from "./record-data.js";
import type { RecordPolicy, StaticType } from "./static-record.js";

/** A record as it was written: names may be relative, and it may stand beside others of its name and type. */
export interface GivenRecord {
  /** Its place, such as `[3]` or `, line 12`. */
  readonly at: string;
  /** Lower case; with the final dot if it is complete. */
  readonly name: string;
  readonly type: StaticType;
  readonly ttl?: number;
  readonly policy: RecordPolicy;
  readonly healthCheck?: string;
  readonly values: readonly GivenValue[];
}

export interface GivenValue {
  /** Its place in the record, such as `.values[1]`. */
  readonly at: string;
  readonly id?: string;
  /** As in a master file; names may be relative. */
  readonly value: string;
  readonly weight?: number;
  readonly healthCheck?: string;
}

/** Values of one record, and records in all: a message and the memory have to hold them. */
export const MAX_VALUES = 400;
export const MAX_RECORDS = 10_000;
const MAX_WEIGHT = 255;

const RECORD = '{"name": "www", "type": "A", "value": "192.0.2.80"}';
const OWNER = 'a name such as "www", "*.lb" or, with a final dot, "www.example.com."';

const TYPES = `one of ${STATIC_TYPES.join(", ")}`;
const type: Format<StaticType> = textual(TYPES, readStaticType, (text) => allowedTypes(text, TYPES));
const checkName = textual("the name of a health check", readIdentifier);
const anything: Format<{ readonly given: unknown }> = {
  allowed: "a value",
  fromText: parseJsonOrText,
  read: (given) => ({ given }),
};

const recordMembers = {
  name: textual(OWNER, (text) => {
    const name = readRecordName(text);
    return name === undefined ? undefined : `${name}${text.endsWith(".") ? "." : ""}`;
  }),
  type,
  ttl: integer(0, MAX_TTL),
  policy: oneOf<RecordPolicy>(["simple", "weighted", "failover", "multivalue"]),
  healthCheck: checkName,
  value: anything,
  values: anything,
} as const;

interface Members {
  readonly name: string;
  readonly type: StaticType;
  readonly ttl: number;
  readonly policy: RecordPolicy;
  readonly healthCheck: string;
  readonly value: { readonly given: unknown };
  readonly values: { readonly given: unknown };
}

/**
 * The records without a fault. It does not give up those for the others' sake, so that the rules between records find everything
 * at once. A configuration with a fault is refused in any case.
 */
export const records: Format<readonly GivenRecord[]> = {
  allowed: `a list of records, each ${RECORD}`,
  fromText: parseJsonOrText,
  read(value, findings) {
    if (!Array.isArray(value) || value.length > MAX_RECORDS) {
      findings.fault("", value, `${records.allowed}; at most ${MAX_RECORDS}`);
      return undefined;
    }
    const read = value.map((entry: unknown, index) => readRecord(entry, `[${index}]`, findings));
    return read.filter((record) => record !== undefined);
  },
};

function readRecord(entry: unknown, at: string, all: Findings): GivenRecord | undefined {
  const findings = within(at, all);
  if (!isObject(entry)) {
    findings.fault("", entry, `a record such as ${RECORD}`);
    return undefined;
  }
  const members = readMembers<Members>(entry, recordMembers, findings);
  if (!members) return undefined;
  const { name, type: ofType, policy = "simple", value, values, ...rest } = members;
  const missing = Object.entries({ name, type: ofType }).filter(([, member]) => member === undefined);
  if (missing.length > 0)
    findings.fault("", entry, `${missing.map(([key]) => key).join(" and ")} too, as in ${RECORD}`);
  if ((value === undefined) === (values === undefined)) findings.fault("", entry, "either value or values");
  if (name === undefined || ofType === undefined || (value === undefined) === (values === undefined)) return undefined;
  const read = value ? readPlain(value.given, ofType, findings) : readDetailed(values?.given, ofType, findings);
  return read && { at, name, type: ofType, policy, values: read, ...rest };
}

/** `value`: one, or a list of them. */
function readPlain(given: unknown, ofType: StaticType, findings: Findings): readonly GivenValue[] | undefined {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (!isCountable(list, given, within(".value", findings))) return undefined;
  const read = list.map((each, index) => {
    const at = Array.isArray(given) ? `.value[${index}]` : ".value";
    const value = DATA[ofType].read(each, within(at, findings));
    return value === undefined ? undefined : { at, value };
  });
  return complete(read);
}

/** `values`: objects, each with a value of its own. */
function readDetailed(given: unknown, ofType: StaticType, findings: Findings): readonly GivenValue[] | undefined {
  const inside = within(".values", findings);
  const example = '{"id": "edge-1", "value": …, "weight": 10}';
  if (!Array.isArray(given)) {
    inside.fault("", given, `a list of values, each ${example}; plain ones stand in value`);
    return undefined;
  }
  if (!isCountable(given, given, inside)) return undefined;
  const formats = {
    id: textual("letters, digits, hyphens, dots and underscores, at most 63", readIdentifier),
    value: DATA[ofType],
    weight: integer(0, MAX_WEIGHT),
    healthCheck: checkName,
  };
  const read = given.map((each: unknown, index) => {
    const own = within(`[${index}]`, inside);
    const members = isObject(each) ? readMembers<Omit<GivenValue, "at">>(each, formats, own) : undefined;
    const { value } = members ?? {};
    if (!isObject(each) || (members && value === undefined)) own.fault("", each, `a value such as ${example}`);
    return value === undefined ? undefined : { ...members, value, at: `.values[${index}]` };
  });
  return complete(read);
}

function isCountable(list: readonly unknown[], given: unknown, { fault }: Findings): boolean {
  if (list.length > 0 && list.length <= MAX_VALUES) return true;
  fault("", given, `from 1 to ${MAX_VALUES} values`);
  return false;
}

function complete(read: readonly (GivenValue | undefined)[]): readonly GivenValue[] | undefined {
  const found = read.filter((value) => value !== undefined);
  return found.length === read.length ? found : undefined;
}

function readIdentifier(text: string): string | undefined {
  return /^[\w.-]{1,63}$/.test(text) ? text : undefined;
}
