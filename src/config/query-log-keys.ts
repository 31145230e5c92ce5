/** The keys of `queryLog`, as the table of all keys has them. */
import { decimal, integer, textual } from "./format.js";
import * as format from "./formats.js";
import { type KeySpec, live } from "./key-spec.js";
import * as lists from "./lists.js";
import { readZoneName } from "./names.js";
import {
  LOG_RCODES,
  logTypeOf,
  type QueryLogFormat,
  type QueryLogMessages,
  type QueryLogSettings,
} from "./query-log.js";

type QueryLogTable = {
  readonly [K in keyof QueryLogSettings & string as `queryLog.${K}`]: KeySpec<QueryLogSettings[K]>;
};

/** The longest answer has to fit many times. */
const MIN_BUFFER = 1_048_576;
const MAX_BUFFER = 268_435_456;
const MAX_FILE = 2 ** 40;
/** One query in a million. */
const MIN_SAMPLE = 0.000_001;

const formats = format.oneOf<QueryLogFormat>(["off", "dnstap", "json"]);
const messages = format.oneOf<QueryLogMessages>(["responses", "queries", "both"]);
const logFile = textual('the path of a file, "-" for standard output, or an empty string for none', (value) => value);
const socket = textual("the path of a Unix socket, or an empty string for none", (value) => value);
const names = lists.list({ entries: "names of zones", entry: "the name of a zone", parse: readZoneName });
const types = lists.list({
  entries: "types of records",
  entry: "a type such as A, SRV or TYPE65280",
  parse: (text) => (logTypeOf(text.toUpperCase()) === undefined ? undefined : text.toUpperCase()),
});
const RCODES = [...LOG_RCODES.keys()].join(", ");
const rcodes = lists.list({
  entries: `rcodes: ${RCODES}`,
  entry: `one of ${RCODES}`,
  parse: (text) => (LOG_RCODES.has(text.toUpperCase()) ? text.toUpperCase() : undefined),
});

// biome-ignore format: one key a line is a table
export const QUERY_LOG_KEYS: QueryLogTable = {
  "queryLog.format": live("off", formats, "Log queries: as \"dnstap\", or as lines of \"json\". [More](query-log.md)."),
  "queryLog.file": live("", logFile, "File that the log is written to."),
  "queryLog.socket": live("", socket, "Unix socket of a program that reads dnstap: in place of `queryLog.file`."),
  "queryLog.messages": live("responses", messages, "What dnstap has of each query: the \"responses\", the \"queries\", or \"both\". Lines of JSON tell of both."),
  "queryLog.sample": live(1, decimal(MIN_SAMPLE, 1), "Share of the queries that are logged, at random: 0.01 is one in a hundred."),
  "queryLog.names": live([], names, "Zones: only queries for names in them are logged. Empty: for all names."),
  "queryLog.types": live([], types, "Only queries for these types are logged. Empty: for all types."),
  "queryLog.rcodes": live([], rcodes, "Only queries with these rcodes are logged, such as `[\"SERVFAIL\"]`. Empty: with any."),
  "queryLog.clients": live([], lists.networks, "Only queries from these networks are logged. Empty: from all."),
  "queryLog.ipv4PrefixLength": live(32, integer(0, 32), "Bits of a client's IPv4 address that are logged; the others are 0."),
  "queryLog.ipv6PrefixLength": live(128, integer(0, 128), "Bits of a client's IPv6 address that are logged; the others are 0."),
  "queryLog.bufferBytes": live(4_194_304, integer(MIN_BUFFER, MAX_BUFFER), "Bytes of each answering thread for what is not written yet; what does not fit is dropped, and counted."),
  "queryLog.maxBytes": live(1_073_741_824, integer(0, MAX_FILE), "Size at which a file is put aside as `….1`, and a new one is begun. 0: never."),
  "queryLog.keepFiles": live(4, integer(0, 1_000), "Files put aside that are kept; older ones are removed."),
};
