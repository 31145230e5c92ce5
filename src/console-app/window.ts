/** The arithmetic of long lists, of which only the rows in sight are there. */

export interface Sight {
  /** Pixels. */
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** Rows above and below that are there already when they come into sight. */
const OVERSCAN = 10;

/** The rows to have: from `first` up to but not including `end`. */
export function rowsInSight({ scrollTop, height, rowHeight, total }: Sight): {
  readonly first: number;
  readonly end: number;
} {
  const first = Math.max(0, Math.min(total, Math.floor(scrollTop / rowHeight) - OVERSCAN));
  const end = Math.min(total, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  return { first, end: Math.max(first, end) };
}

/** The numbers of the pages that have these rows. */
export function pagesOf({ first, end }: { readonly first: number; readonly end: number }, pageSize: number): number[] {
  if (end <= first) return [];
  const from = Math.floor(first / pageSize);
  const to = Math.floor((end - 1) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
