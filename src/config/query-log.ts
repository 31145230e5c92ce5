/** The log of queries as it is configured. */

export type QueryLogFormat = "off" | "dnstap" | "json";
export type QueryLogMessages = "responses" | "queries" | "both";

/** What is logged, and where. */
export interface QueryLogSettings {
  readonly format: QueryLogFormat;
  /** Path of a file, `-` for standard output, or "" for none. */
  readonly file: string;
  /** Path of a Unix socket where a reader of dnstap listens, or "" for none. */
  readonly socket: string;
  /** What dnstap has of each query. */
  readonly messages: QueryLogMessages;
  /** Share of the queries that are logged: above 0, at most 1. */
  readonly sample: number;
  /** Zones whose names are logged: lower case, without the final dot; empty for all. */
  readonly names: readonly string[];
  /** Names of types; empty for all. */
  readonly types: readonly string[];
  /** Names of rcodes; empty for all. */
  readonly rcodes: readonly string[];
  /** Networks (CIDR) of clients; empty for all. */
  readonly clients: readonly string[];
  /** Bits of clients' addresses that are logged; the others are 0. */
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
  /** Memory of each answering thread for what is not written yet. */
  readonly bufferBytes: number;
  /** Size at which a file is put aside; 0 for never. */
  readonly maxBytes: number;
  /** Files put aside that are kept. */
  readonly keepFiles: number;
}

export interface QueryLogConfig {
  readonly queryLog: QueryLogSettings;
}

/** Numbers of types by name (IANA). Others can be written as `TYPE65280`. */
export const LOG_TYPES: ReadonlyMap<string, number> = new Map([
  ["A", 1],
  ["NS", 2],
  ["CNAME", 5],
  ["SOA", 6],
  ["PTR", 12],
  ["HINFO", 13],
  ["MX", 15],
  ["TXT", 16],
  ["AAAA", 28],
  ["SRV", 33],
  ["NAPTR", 35],
  ["DS", 43],
  ["RRSIG", 46],
  ["DNSKEY", 48],
  ["TLSA", 52],
  ["SVCB", 64],
  ["HTTPS", 65],
  ["IXFR", 251],
  ["AXFR", 252],
  ["ANY", 255],
  ["CAA", 257],
]);

/** Numbers of rcodes by name (IANA). */
export const LOG_RCODES: ReadonlyMap<string, number> = new Map([
  ["NOERROR", 0],
  ["FORMERR", 1],
  ["SERVFAIL", 2],
  ["NXDOMAIN", 3],
  ["NOTIMP", 4],
  ["REFUSED", 5],
  ["NOTAUTH", 9],
  ["BADVERS", 16],
  ["BADCOOKIE", 23],
]);

const UNNAMED_TYPE = /^TYPE(\d{1,5})$/;
const MAX_TYPE = 65_535;

/** The number of a type that is written as in zone files; `undefined` if there is none. */
export function logTypeOf(name: string): number | undefined {
  const number = Number(UNNAMED_TYPE.exec(name)?.[1] ?? Number.NaN);
  return LOG_TYPES.get(name) ?? (number <= MAX_TYPE ? number : undefined);
}
