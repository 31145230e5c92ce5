/** Whether `candidate` was probably meant: the names differ by at most two letters, and by less than half of the name. */
export function isLikely(name: string, candidate: string): boolean {
  const slips = editDistance(name, candidate);
  return slips <= 2 && slips * 2 < name.length;
}

/** The Levenshtein distance, computed row by row. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
