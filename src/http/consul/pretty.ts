/** Characters of a chunk of indented text. */
const CHUNK_CHARS = 64 * 1024;
const INDENT = "    ";

/**
 * JSON text with a line for each value, as `?pretty` asks for. The text itself is rewritten, and not what it stands for: it may have numbers
 * that JavaScript cannot hold.
 *
 * @param chunks valid JSON
 */
export function* indented(chunks: Iterable<string | Buffer>): Generator<string> {
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  let opened = "";
  let out = "";
  const decoder = new TextDecoder();
  for (const chunk of chunks) {
    for (const character of typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })) {
      if (isText) {
        out += character;
        if (isEscaped) isEscaped = false;
        else if (character === "\\") isEscaped = true;
        else if (character === '"') isText = false;
        continue;
      }
      if (opened !== "") {
        const isEmpty = character === "]" || character === "}";
        out += isEmpty ? opened : `${opened}\n${INDENT.repeat(++depth)}`;
        opened = "";
        if (isEmpty) {
          out += character;
          continue;
        }
      }
      if (character === "{" || character === "[") opened = character;
      else if (character === "}" || character === "]") out += `\n${INDENT.repeat(--depth)}${character}`;
      else if (character === ",") out += `,\n${INDENT.repeat(depth)}`;
      else if (character === ":") out += ": ";
      else out += character;
      isText = character === '"';
    }
    if (out.length < CHUNK_CHARS) continue;
    yield out;
    out = "";
  }
  yield `${out}\n`;
}
