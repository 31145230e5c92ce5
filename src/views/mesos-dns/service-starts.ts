import { RFC1123, toLabel } from "../../wire/labels.js";
import type { Published } from "./enumerate.js";
import { namingRulesOf } from "./rules.js";
import { FrameworkNames } from "./shared-names.js";

/**
 * With what the names of a service begin, in each spelling that its running tasks have: `web.` and `_web.`. Nothing if there are no
 * such tasks.
 * @param framework its name
 */
export function startsOfService({ facts, config }: Published, framework: string, service: string): readonly string[] {
  const names = new FrameworkNames(framework, namingRulesOf(config));
  const starts = new Set<string>();
  for (const { name, tasks } of facts.cluster.frameworks) {
    if (name !== framework) continue;
    for (const task of tasks) {
      if ((task.discovery?.name ?? task.name) !== service) continue;
      for (const spelling of names.spellings(task)) for (const start of spelling.starts) starts.add(start);
    }
  }
  // The labels of other zones follow RFC 1123, whatever those of the domain do.
  const elsewhere = toLabel(service, RFC1123);
  if (starts.size > 0 && elsewhere !== "") starts.add(`${elsewhere}.`);
  return [...starts];
}
