import { RECORD } from "./columns.js";

/** Records of one kind: positions in `cells`. */
export interface RecordRun {
  readonly list: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
  readonly cells: Uint32Array;
}

/** Records that point to these names. */
export function pointingTo(targets: readonly number[]): RecordRun {
  const cells = new Uint32Array(targets.length * RECORD.WORDS);
  const list = targets.map((target, index) => {
    cells[index * RECORD.WORDS + RECORD.VALUE] = target;
    return index * RECORD.WORDS;
  });
  return { list, from: 0, to: targets.length, cells };
}
