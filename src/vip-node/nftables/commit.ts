import type { CommandResult } from "../../base/run-command.js";
import type { StepFailure } from "../plane.js";
import { checkNft, complaintsOf, isTooLong, isWithoutRights, reasonOf } from "./programs.js";
import type { Change, Script } from "./transaction.js";

/** Transactions that fail while one plan is applied: as many bad steps are found, or more where nft names several at once. */
const MOST_FAILED = 50;

export interface CommitParts {
  readonly scriptOf: (changes: readonly Change[]) => Script;
  /** Runs a script as one transaction. */
  readonly run: (script: string) => Promise<CommandResult>;
  /** Called with what has been done. */
  readonly onDone: (changes: readonly Change[]) => void;
  /** Changes of one transaction at most. */
  readonly atOnce: { most: number };
}

/**
 * Makes changes, all of them in one transaction where that works. If it fails, those that nft complains of are left out and the others
 * are tried again; where it does not say which, fewer at once.
 */
export async function commit(changes: readonly Change[], parts: CommitParts): Promise<readonly StepFailure[]> {
  const failures: StepFailure[] = [];
  let rest = changes;
  let size = changes.length;
  let failed = 0;
  const mostBefore = parts.atOnce.most;
  while (rest.length > 0) {
    const part = rest.slice(0, Math.min(size, parts.atOnce.most));
    const script = parts.scriptOf(part);
    const result = await parts.run(textOf(script));
    if (result.code === 0) {
      parts.onDone(part);
      rest = rest.slice(part.length);
      size *= 2;
      continue;
    }
    if (isWithoutRights(result)) checkNft(result);
    if (isTooLong(result) && part.length > 1) {
      parts.atOnce.most = part.length >> 1;
      continue;
    }
    // It was too long by itself, which says nothing of the others.
    if (isTooLong(result)) parts.atOnce.most = mostBefore;
    failed++;
    const bad = failed > MOST_FAILED ? new Map(rest.map((change) => [change, TOO_MANY])) : blame(part, script, result);
    if (bad.size === 0) size = part.length >> 1;
    for (const [{ steps }, reason] of bad) failures.push(...steps.map((step) => ({ step, reason })));
    rest = rest.filter((change) => !bad.has(change));
  }
  return failures;
}

const TOO_MANY = "too many others in the same plan have failed";

function textOf({ changes, common }: Script): string {
  return `${[...changes.flat(), ...common].join("\n")}\n`;
}

/** The changes at fault, with the reasons: those whose lines nft names, or the only one; none if it may be any of them. */
function blame(changes: readonly Change[], script: Script, result: CommandResult): ReadonlyMap<Change, string> {
  const complaints = complaintsOf(result);
  const bad = new Map<Change, string>();
  let line = 0;
  for (const [index, change] of changes.entries()) {
    const end = line + (script.changes[index]?.length ?? 0);
    for (; line < end; line++) {
      const complaint = complaints.get(line);
      if (complaint !== undefined && !bad.has(change)) bad.set(change, complaint);
    }
  }
  const [only] = changes;
  if (bad.size === 0 && only && changes.length === 1) bad.set(only, reasonOf(result));
  return bad;
}
