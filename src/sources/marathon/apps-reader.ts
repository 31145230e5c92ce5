import { MemberNames } from "../mesos/member-names.js";
import { CLOSE_BRACKET, StateScanner } from "../mesos/state-scanner.js";
import { type AppsAnswer, listApps, parseJson, type ReadApp, readApp, readApps } from "./read-apps.js";

const NAMES = new MemberNames(["apps"]);

/**
 * Reads one answer of a Marathon after the other. An app whose text is the same as before is the same object as before, and costs a
 * comparison: of megabytes, an event changes a few hundred octets.
 */
export class AppsReader {
  /** What each app of the last answer was read from, as octets. */
  #known: ReadonlyMap<string, ReadApp> = new Map();

  /** As readApps() of the whole. Throws MesosDnsError MARATHON_INVALID. */
  read(body: Buffer): AppsAnswer {
    const items = this.#items(body);
    return items ? listApps(items) : readApps(parseJson(body));
  }

  /** `undefined` if the answer is not as Marathon writes it; whoever reads the whole of it says why. */
  #items(body: Buffer): readonly ReadApp[] | undefined {
    const known = new Map<string, ReadApp>();
    let items: ReadApp[] | undefined;
    try {
      const scanner = new StateScanner(body);
      if (scanner.kind() !== "object") return undefined;
      scanner.members(NAMES, () => {
        if (items || scanner.kind() !== "array") throw new Error("not one list of apps");
        items = this.#elements(body, scanner, known);
      });
      scanner.end();
    } catch {
      return undefined;
    }
    this.#known = known;
    return items;
  }

  #elements(body: Buffer, scanner: StateScanner, known: Map<string, ReadApp>): ReadApp[] {
    const items: ReadApp[] = [];
    for (let more = scanner.enter(); more; more = scanner.next(CLOSE_BRACKET)) {
      const start = scanner.at();
      scanner.skip();
      const text = body.toString("latin1", start, scanner.at());
      const item = this.#known.get(text) ?? readApp(scanner.decode(start, scanner.at()));
      known.set(text, item);
      items.push(item);
    }
    return items;
  }
}
