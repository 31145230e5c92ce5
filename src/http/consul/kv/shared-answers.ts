import { type Rendering, Renderings } from "../../waiting/renderings.js";
import type { ConsulAnswer } from "../endpoint.js";
import { bodyOf, json } from "./answers.js";

/** Octets of the largest answer that is made at once, and kept for others; a longer one is made piece by piece. */
const MAX_SHARED = 4_194_304;
const SLICE = 32_768;

/** What an answer is made of. */
export interface Parts {
  readonly pieces: Iterable<string>;
  /** About how many octets they are. */
  readonly octets: number;
}

/** Answers of which each is made once for all who ask the same, until it changes. */
export class SharedAnswers {
  readonly #renderings = new Renderings();

  /**
   * @param question what tells this answer from all others
   * @param index of its last change
   */
  answer(question: string, index: number, parts: () => Parts): ConsulAnswer {
    const kept = this.#renderings.find(question, index);
    if (kept) return sharedAnswer(kept);
    const { pieces, octets } = parts();
    if (octets > MAX_SHARED) return json(bodyOf(pieces, octets), index);
    return sharedAnswer(this.#renderings.get(question, index, () => [...bodyOf(pieces, octets)]));
  }
}

function sharedAnswer(rendering: Rendering): ConsulAnswer {
  return { ...json([], rendering.index), body: slicesOf(rendering.body), rendering };
}

/** For those who ask for it indented: none of them needs all of it as text. */
function* slicesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE) yield body.subarray(at, at + SLICE);
}
