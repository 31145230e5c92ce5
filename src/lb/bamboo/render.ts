import type { MarathonApp } from "../../sources/marathon/app.js";
import { bambooData, type Rules } from "./data.js";
import { BAMBOO_FUNCTIONS } from "./functions.js";
import { onOneLine } from "./one-line.js";
import { readTemplate } from "./template/template.js";

/** The text of a template, and what errors call it: the path of its file. */
export interface TemplateText {
  readonly name: string;
  readonly text: string;
}

/**
 * What a template of Bamboo's makes of apps and rules, in whose texts blanks stand for newlines and other control characters. `now` is in milliseconds since the epoch.
 *
 * Throws MesosDnsError LB_TEMPLATE, which names the template, the line and the action.
 */
export function renderBamboo(apps: readonly MarathonApp[], rules: Rules, template: TemplateText, now: number): string {
  return readTemplate(template.name, template.text, BAMBOO_FUNCTIONS).execute(onOneLine(bambooData(apps, rules, now)));
}
