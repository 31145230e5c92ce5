import { hex, isPrinted } from "./quote.js";

/** Texts made safe for other languages, as Go's text/template and net/url do it. */

const HTML: ReadonlyMap<string, string> = new Map([
  ["\0", "\ufffd"],
  ['"', "&#34;"],
  ["'", "&#39;"],
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

export function htmlEscaped(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML.get(character) ?? character);
}

export function jsEscaped(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~]/gu, (character) => {
    if (`\\'"`.includes(character)) return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x7f && isPrinted(character)) return character;
    if (code === 0x7f) return character;
    return `\\u${hex(code, 4).toUpperCase()}`;
  });
}

/** Percent-encoded as a value of a form, where a blank is `+`. */
export function queryEscaped(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd"))
    .replace(/[!'()*]/g, (character) => `%${hex(character.charCodeAt(0), 2).toUpperCase()}`)
    .replaceAll("%20", "+");
}
