import { MesosDnsError } from "../../base/errors.js";

const WORD = /(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/gu;
const PART = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/gu;

/**
 * The words of a command as a shell reads them, without anything else that a shell does: with quotes and backslashes.
 * @throws {MesosDnsError} USAGE if a quote is not closed, or there are no words
 */
export function wordsOf(text: string): readonly string[] {
  const words = text.match(WORD) ?? [];
  if (words.length === 0 || text.replace(WORD, "").trim() !== "") {
    throw new MesosDnsError(
      "USAGE",
      `${JSON.stringify(text)} is no command: it has no words, or a quote that is not closed`,
    );
  }
  return words.map((word) =>
    word.replace(PART, (_, escaped?: string, single?: string, double?: string) => {
      return escaped ?? single ?? (double ?? "").replace(/\\(["\\])/gu, "$1");
    }),
  );
}
