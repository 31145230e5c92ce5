import { formatOctets } from "../base/addresses.js";
import { LOG_TYPES } from "../config/query-log.js";
import { toMasterFileName } from "../wire/names.js";
import { typeName } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import { AT, type LogRecord } from "./record.js";

const IPV4_OCTETS = 4;

/** Names by number: there are few, and a search for each query would cost more than all else. */
const typeNames = new Map<number, string>(Array.from(LOG_TYPES, ([name, number]) => [number, name]));

export function known(names: Map<number, string>, number: number, make: (number: number) => string): string {
  const name = names.get(number);
  if (name !== undefined) return name;
  const made = make(number);
  names.set(number, made);
  return made;
}

export function typeText(type: number): string {
  return known(typeNames, type, typeName);
}

/** Reads the questions of records, one after the other. */
export class QuestionTexts {
  readonly #query = new Query();

  /** Name and type; "" for both where there is no question that can be read. */
  of({ octets, at, queryLength }: LogRecord): { readonly name: string; readonly type: string } {
    const query = this.#query;
    query.read(octets.subarray(at + AT.messages, at + AT.messages + queryLength), queryLength, 0);
    return query.nameLength > 0 ? { name: nameText(query), type: typeText(query.type) } : { name: "", type: "" };
  }
}

export function addressText({ octets, at, clientLength }: LogRecord): string {
  const start = at + AT.client;
  if (clientLength !== IPV4_OCTETS) return formatOctets(octets.subarray(start, start + clientLength));
  return `${octets[start]}.${octets[start + 1]}.${octets[start + 2]}.${octets[start + 3]}`;
}

/** As in master files, in lower case. Most names need no escapes. */
export function nameText({ name, nameLength, labels, labelAt }: Query): string {
  if (labels === 0) return ".";
  let text = "";
  for (let i = 0; i < labels; i++) {
    const start = labelAt[i];
    for (let at = start + 1; at <= start + name[start]; at++) {
      if (!PLAIN[name[at]]) return toMasterFileName(name.subarray(0, nameLength), 0).replaceAll("\\", "\\\\");
      text += CHARACTERS[name[at]];
    }
    text += ".";
  }
  return text;
}

/** By octet: its character, and whether it needs no escape. */
const CHARACTERS = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet));
const PLAIN = CHARACTERS.map((character) => /[a-z0-9_-]/.test(character));
