import { type FindingLine, FindingLog } from "../base/finding-log.js";
import type { Logger } from "../base/log.js";
import type { Skipped } from "../sources/mesos/cluster.js";

/** Characters of an id or a detail, which contain names that a framework chooses. */
const MAX_TEXT = 300;
const ABOUT = "left out of the zone";

/** Logs once why a task, agent or framework is left out of the zone; again only if it was in the zone in between. */
export class SkipLog {
  readonly #findings: FindingLog<Skipped>;

  constructor(log: Logger) {
    this.#findings = new FindingLog(log, ABOUT, lineOf);
  }

  note(skipped: readonly Skipped[]): void {
    const findings = new Map<string, Skipped>();
    for (const each of skipped) {
      const key = `${each.kind} ${each.id} ${each.reason}`;
      if (!findings.has(key)) findings.set(key, each);
    }
    this.#findings.note(findings);
  }
}

function lineOf({ kind, id, reason, detail }: Skipped): FindingLine {
  const shown = shortened(id);
  return { fields: { kind, id: shown, reason, detail: shortened(detail) }, text: `${ABOUT}: ${kind} ${shown}` };
}

function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}
