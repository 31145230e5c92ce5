import { type Address, parseAddress } from "../base/addresses.js";
import { isDnsName } from "../wire/names.js";

/** What somebody may mean by a word. */
export interface Question {
  /** As it was given. */
  readonly text: string;
  /** Lower case, without the final dot; `undefined` if it cannot be a name. */
  readonly name: string | undefined;
  readonly address: Address | undefined;
}

/** Octets of a question: more than a name or a task id has. */
export const MAX_QUESTION = 1_024;

export function readQuestion(text: string): Question {
  const given = text.trim();
  const address = parseAddress(given);
  const name = unescaped(given)?.replace(/\.$/, "").toLowerCase();
  return { text: given, address, name: !address && name !== undefined && isDnsName(name) ? name : undefined };
}

const ESCAPED = /\\(?:(\d{3})|(\D))/g;

/** A name without the escapes that dig and logs write (RFC 1035 §5.1); `undefined` if it has a dot in a label, or is no UTF-8. */
function unescaped(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  const octets = Buffer.from(text).toString("latin1");
  let hasDot = false;
  const plain = octets.replace(ESCAPED, (_, digits?: string, character?: string) => {
    const octet = digits === undefined ? (character ?? "") : String.fromCharCode(Number(digits) & 0xff);
    hasDot ||= octet === ".";
    return octet;
  });
  const written = Buffer.from(plain, "latin1");
  const name = written.toString("utf8");
  return hasDot || !Buffer.from(name).equals(written) ? undefined : name;
}

const REVERSE_IPV4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/;
const REVERSE_IPV6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/;

/** The address whose reverse name this is (RFC 1035 §3.5, RFC 3596 §2.5); `undefined` for any other name. */
export function addressOfReverse(name: string): Address | undefined {
  const ipv4 = REVERSE_IPV4.exec(name);
  if (ipv4) return parseAddress(ipv4.slice(1).reverse().join("."));
  const nibbles = REVERSE_IPV6.exec(name)?.[1]?.split(".").slice(0, -1).reverse().join("");
  return nibbles === undefined ? undefined : parseAddress((nibbles.match(/.{4}/g) ?? []).join(":"));
}
