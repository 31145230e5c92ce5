/** Text that others choose, as words of a configuration: what is none of theirs is refused, the rest is quoted. */
import { parseAddress } from "../../base/addresses.js";

const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/u;
const BALANCE = /^[a-z][a-z-]*(?:\([\w-]+\))?(?: [\w-]+)*$/u;
const OPTIONS = /^[\w./:,@+=-]+(?: +[\w./:,@+=-]+)*$/u;
const FILE = /^[\w./@+=-]+$/u;
const PLAIN = /^[\w./:,@+=*-]+$/u;
const SPECIAL = /[\\^$.|?*+()[\]{}/-]/gu;

/** One word, whatever is in it: between single quotes nothing is special but a single quote. */
export function word(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same where HAProxy looks for variables: `%` stands for itself. */
export function format(text: string): string {
  return word(text.replaceAll("%", "%%"));
}

/** Text that a regular expression matches as it is. */
export function pattern(text: string): string {
  return text.replace(SPECIAL, "\\$&");
}

/** The names of a list. Throws an Error if one is no name of a host. */
export function hostNames(list: string): readonly string[] {
  const names = list.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !HOST.test(name) || name.length > 253);
  if (wrong !== undefined) throw new Error(`VHOST has "${wrong}", which is no name of a host`);
  return [...new Set(names)];
}

export interface Paths {
  readonly ignoresCase: boolean;
  /** Beginnings of paths, of which one has to match. */
  readonly beginnings: readonly string[];
}

/** Throws an Error if it is no list of paths. */
export function paths(text: string): Paths {
  const words = text.split(/\s+/u).filter((item) => item !== "");
  const beginnings = words.filter((item) => item !== "-i" && item !== "--");
  const wrong = beginnings.find((item) => !item.startsWith("/"));
  if (wrong !== undefined) throw new Error(`PATH has "${wrong}", which does not begin with "/"`);
  if (beginnings.length === 0) throw new Error("PATH has no path in it");
  return { ignoresCase: words.includes("-i"), beginnings };
}

/** Networks and addresses. Throws an Error if one is none: nobody must come in by a mistake. */
export function networks(list: readonly string[]): readonly string[] {
  const wrong = list.find((network) => !isNetwork(network));
  if (wrong === undefined) return list;
  throw new Error(`BACKEND_NETWORK_ALLOWED_ACL has "${wrong}", which is no address and no network`);
}

function isNetwork(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const parsed = parseAddress(address);
  if (!parsed || more.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/u.test(length) && Number(length) <= (address.includes(":") ? 128 : 32));
}

export function balance(text: string): string {
  if (BALANCE.test(text)) return text;
  throw new Error(`BALANCE is "${text}", which is no way to balance`);
}

/** Words that HAProxy has others for since 2.x. What every listener has anyway is left out. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["no-sslv3", ""],
  ["no-tlsv10", ""],
  ["no-tlsv11", ""],
  ["no-tlsv12", "ssl-min-ver TLSv1.3"],
  ["no-tlsv13", "ssl-max-ver TLSv1.2"],
  ["force-tlsv10", "ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.0"],
  ["force-tlsv11", "ssl-min-ver TLSv1.1 ssl-max-ver TLSv1.1"],
  ["force-tlsv12", "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2"],
  ["force-tlsv13", "ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3"],
]);

/** Options of a listener, each with a blank in front. */
export function bindOptions(text: string): string {
  if (OPTIONS.test(text)) {
    const words = text.split(/ +/u).map((option) => RENAMED.get(option) ?? option);
    return words.map((option) => option && ` ${option}`).join("");
  }
  throw new Error(`BIND_OPTIONS is "${text}": letters, digits, blanks and ./:,@+=-_ can be in it`);
}

export function file(text: string, name: string): string {
  if (FILE.test(text)) return text;
  throw new Error(`${name} is "${text}", which is no name of a file`);
}

/** An address to bind to; `*` for all. */
export function bindAddress(text: string): string {
  if (text === "*" || parseAddress(text)) return text;
  throw new Error(`BIND_ADDR is "${text}", which is no address, and not *`);
}
