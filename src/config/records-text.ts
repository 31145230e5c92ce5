/** Reads the file of `recordsFile`: JSON as in the key `records`, or a master file. */
import { MesosDnsError } from "../base/errors.js";
import { isObject } from "../base/lenient.js";
import type { Config } from "./config.js";
import type { Findings } from "./format.js";
import { healthFaults } from "./health-rules.js";
import { findSyntaxFault } from "./json.js";
import { masterRecords } from "./master-records.js";
import { checkUses, completeRecords } from "./record-rules.js";
import type { StaticRecord } from "./static-record.js";
import { type GivenRecord, records as recordsFormat } from "./static-records.js";

type OwnRecords = Pick<
  Config,
  "domain" | "staticZones" | "catalogZone" | "records" | "healthChecks" | "healthCheckNetworks"
>;

/** A message quotes at most so many characters of a value, and names at most so many faults. */
const SHOWN_LENGTH = 160;
const SHOWN_FAULTS = 100;

/**
 * All records: those of the configuration, and those of the file.
 *
 * @param file its path, for messages
 * @throws {MesosDnsError} RECORDS_FILE_INVALID, with a line for each fault in the file
 */
export function withRecordsOf(file: string, text: string, own: OwnRecords): readonly StaticRecord[] {
  const lines: string[] = [];
  const report = (at: string, value: unknown, allowed: string) => {
    lines.push(`${shownPlace(at)}: got ${shown(value)}; allowed: ${allowed}`);
  };
  const given = readText(text.replace(/^\uFEFF/, ""), own.domain, { fault: report, remark: () => undefined });
  const all = [...own.records.map(asGiven), ...given];
  for (const { at, value, allowed } of healthFaults(own, checkUses(all, "records"))) report(at, value, allowed);
  const complete = completeRecords(all, own, report, () => undefined);
  if (lines.length === 0) return complete;
  const more = lines.length > SHOWN_FAULTS ? [`and ${lines.length - SHOWN_FAULTS} more`] : [];
  const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
  const message = [
    `recordsFile ${file} has ${count}:`,
    ...[...lines.slice(0, SHOWN_FAULTS), ...more].map((line) => `  ${line}`),
  ];
  throw new MesosDnsError("RECORDS_FILE_INVALID", message.join("\n"));
}

function readText(text: string, domain: string, findings: Findings): readonly GivenRecord[] {
  if (/^\s*[[{]/.test(text)) return readJson(text, findings);
  const { records, faults } = masterRecords(text, domain);
  for (const { line, got, allowed } of faults) findings.fault(`, line ${line}`, got, allowed);
  return records;
}

function readJson(text: string, findings: Findings): readonly GivenRecord[] {
  const syntax = findSyntaxFault(text);
  if (syntax) {
    findings.fault(`, line ${syntax.line}, column ${syntax.column}`, syntax.problem, "JSON");
    return [];
  }
  const tree: unknown = JSON.parse(text);
  if (!isObject(tree)) return recordsFormat.read(tree, findings) ?? [];
  for (const key of Object.keys(tree).filter((each) => each !== "records"))
    findings.fault(`.${key}`, tree[key], "records, and no other key");
  return recordsFormat.read(tree.records, findings) ?? [];
}

/** A record of the configuration, to be looked at with those of the file. */
function asGiven({ name, policy, values, ...rest }: StaticRecord): GivenRecord {
  const given = values.map(({ weight, ...value }) => ({ ...value, at: "", ...(policy === "weighted" && { weight }) }));
  return { ...rest, at: ", the configuration", name: `${name}.`, policy, values: given };
}

/** `[3].name` as `records[3].name`, `, line 12.name` as `line 12 (name)`. */
function shownPlace(at: string): string {
  const line = /^, (?<place>[^.]+)(?:\.(?<member>.+))?$/.exec(at)?.groups;
  if (!line) return `records${at}`;
  return line.member === undefined ? `${line.place}` : `${line.place} (${line.member})`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
