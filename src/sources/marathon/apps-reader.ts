import { MemberNames } from "../mesos/member-names.js";
import { CLOSE_BRACKET, StateScanner } from "../mesos/state-scanner.js";
import { type AppsAnswer, listApps, parseJson, type ReadApp, readApp, readApps } from "./read-apps.js";

const NAMES = new MemberNames(["apps"]);
/** Octets of an app by which it is looked for where it is not in its place: its id is among them as Marathon writes it. */
const KEY_OCTETS = 128;

/** An app, and which octets of its answer it was read from. */
interface Known extends ReadApp {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads one answer of a Marathon after the other. An app whose text is the same as before is the same object as before, and costs a
 * comparison: of megabytes, an event changes a few hundred octets.
 */
export class AppsReader {
  /** The last answer, which its apps are compared with. */
  #body: Buffer = Buffer.alloc(0);
  #known: readonly Known[] = [];

  /** As readApps() of the whole. Throws MesosDnsError MARATHON_INVALID. @param body is not changed until the next one has been read */
  read(body: Buffer): AppsAnswer {
    const items = this.#items(body);
    this.#body = body;
    this.#known = items ?? [];
    return items ? listApps(items) : readApps(parseJson(body));
  }

  /** `undefined` if the answer is not as Marathon writes it; whoever reads the whole of it says why. */
  #items(body: Buffer): readonly Known[] | undefined {
    let items: readonly Known[] | undefined;
    try {
      const scanner = new StateScanner(body);
      if (scanner.kind() !== "object") return undefined;
      scanner.members(NAMES, () => {
        if (items || scanner.kind() !== "array") throw new Error("not one list of apps");
        items = this.#elements(body, scanner);
      });
      scanner.end();
    } catch {
      return undefined;
    }
    return items;
  }

  #elements(body: Buffer, scanner: StateScanner): readonly Known[] {
    const items: Known[] = [];
    const places = new Places(this.#body, this.#known);
    for (let more = scanner.enter(); more; more = scanner.next(CLOSE_BRACKET)) {
      const start = scanner.at();
      const expected = places.expected(body, start);
      // Octets that were one object before are one again: their end need not be looked for.
      if (expected) scanner.goTo(start + expected.end - expected.start);
      else scanner.skip();
      const end = scanner.at();
      const { app, leftOut } = expected ?? places.found(body, start, end) ?? readApp(scanner.decode(start, end));
      items.push({ app, leftOut, start, end });
    }
    return items;
  }
}

/** Finds apps of the last answer in the next one. */
class Places {
  readonly #body: Buffer;
  readonly #known: readonly Known[];
  /** Which is next if nothing has changed. */
  #next = 0;
  #byKey: ReadonlyMap<string, number> | undefined;

  constructor(body: Buffer, known: readonly Known[]) {
    this.#body = body;
    this.#known = known;
  }

  /** The app that followed the one before, if it stands here in the same octets. */
  expected(body: Buffer, start: number): Known | undefined {
    const known = this.#known[this.#next];
    if (!known || !this.#isObject(known)) return undefined;
    return this.#isSame(known, body, start, start + known.end - known.start) ? this.#take(this.#next) : undefined;
  }

  /** The app that had the same octets anywhere. */
  found(body: Buffer, start: number, end: number): Known | undefined {
    this.#byKey ??= new Map(this.#known.map((known, place) => [keyOf(this.#body, known.start, known.end), place]));
    const place = this.#byKey.get(keyOf(body, start, end)) ?? -1;
    const known = this.#known[place];
    if (known && this.#isSame(known, body, start, end)) return this.#take(place);
    // Most likely it is this one that has changed.
    this.#next++;
    return undefined;
  }

  #take(place: number): Known | undefined {
    this.#next = place + 1;
    return this.#known[place];
  }

  #isObject({ start }: Known): boolean {
    return this.#body[start] === OPEN_BRACE;
  }

  #isSame(known: Known, body: Buffer, start: number, end: number): boolean {
    return end <= body.length && this.#body.compare(body, start, end, known.start, known.end) === 0;
  }
}

const OPEN_BRACE = 0x7b;

function keyOf(body: Buffer, start: number, end: number): string {
  return `${end - start} ${body.toString("latin1", start, Math.min(end, start + KEY_OCTETS))}`;
}
