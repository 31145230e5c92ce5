import type { JsonObject } from "../../base/lenient.js";
import { MemberNames } from "./member-names.js";
import type { StateScanner } from "./state-scanner.js";
import type { Reading, StreamedJson } from "./streamed-json.js";

/** Reads the named members of an object, and skips the others. */
export class Fields {
  readonly #list: readonly string[];
  readonly #names: MemberNames;

  constructor(list: readonly string[]) {
    this.#list = list;
    this.#names = new MemberNames(list);
  }

  /**
   * The named members of the object at the scanner; `undefined` for anything but an object.
   * @param readers each consumes the value of the member with its name; a member without a reader is decoded
   */
  read(scanner: StateScanner, readers: Readonly<Record<string, () => unknown>> = {}): JsonObject | undefined {
    if (scanner.kind() !== "object") {
      scanner.skip();
      return undefined;
    }
    const found: Record<string, unknown> = {};
    scanner.members(this.#names, (index) => {
      const field = this.#list[index] as string;
      const read = readers[field];
      found[field] = read ? read() : scanner.value();
    });
    return found;
  }

  /**
   * The same for an object that may be large; `readers` consume its large members.
   * @param readers receive the members found before their own
   */
  *walk(
    json: StreamedJson,
    readers: Readonly<Record<string, (found: JsonObject) => Reading<unknown>>>,
  ): Reading<JsonObject | undefined> {
    if ((yield* json.kind()) !== "object") {
      yield* json.skip();
      return undefined;
    }
    const found: Record<string, unknown> = {};
    const list = this.#list;
    yield* json.members(this.#names, function* (index) {
      const field = list[index] as string;
      const read = readers[field];
      if (read) yield* read(found);
      else found[field] = yield* json.value();
    });
    return found;
  }
}
