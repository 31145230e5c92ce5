import type { JsonObject } from "./lenient.js";
import { MemberNames, type StateScanner } from "./state-scanner.js";
import type { Reading, StreamedJson } from "./streamed-json.js";

/** Members of an object that are read, while the others are stepped over. */
export class Fields {
  readonly #list: readonly string[];
  readonly #names: MemberNames;

  constructor(list: readonly string[]) {
    this.#list = list;
    this.#names = new MemberNames(list);
  }

  /**
   * The members of the object that stands here; `undefined` for anything else.
   * @param readers consume the value of the member of their name; without, it is decoded
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
   * The same of an object that may be large, of which `readers` consume what may be large.
   * @param readers are told what has been found in front of their member
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
