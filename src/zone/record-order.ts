import { compareNames, IPV6_OCTETS, KIND, kindIn, portIn, RECORD, type RecordColumns, STANDBY } from "./columns.js";

/** Compares two records of a name; 0 if they are duplicates. */
export type RecordOrder = (a: number, b: number) => number;

/** Longer lists are sorted with the engine's sort(). */
const SHORT_LIST = 12;

/**
 * The order of records of one name, in which clients receive them: by kind; then addresses by their octets, others by
 * target and port. It does not depend on the order in which the records were added.
 */
export function recordOrder({ cells, addresses, names }: RecordColumns): RecordOrder {
  const { VALUE } = RECORD;
  return (a, b) => {
    const kind = kindIn(cells, a);
    if (kind !== kindIn(cells, b)) return kind - kindIn(cells, b);
    const [one, other] = [cells[a + VALUE], cells[b + VALUE]];
    if (one === other) return portIn(cells, a) - portIn(cells, b);
    if (kind % STANDBY === KIND.A || kind % STANDBY === KIND.TXT) return one - other;
    if (kind % STANDBY === KIND.AAAA) return compareAddresses(addresses, one, other);
    return compareNames(names, one, other);
  };
}

function compareAddresses(octets: Uint8Array, a: number, b: number): number {
  const at = (number: number) => octets.subarray(number * IPV6_OCTETS, (number + 1) * IPV6_OCTETS);
  return Buffer.compare(at(a), at(b));
}

/** Sorts the first `count` records of a list, and removes duplicates. Returns how many remain. */
export function sortOnce(list: Uint32Array, count: number, order: RecordOrder): number {
  if (count > SHORT_LIST) list.subarray(0, count).sort(order);
  else insertionSort(list, count, order);
  let kept = 1;
  for (let i = 1; i < count; i++) if (order(list[kept - 1], list[i]) !== 0) list[kept++] = list[i];
  return kept;
}

function insertionSort(list: Uint32Array, count: number, order: RecordOrder): void {
  for (let i = 1; i < count; i++) {
    const each = list[i];
    let at = i;
    for (; at > 0 && order(list[at - 1], each) > 0; at--) list[at] = list[at - 1];
    list[at] = each;
  }
}
