import type { MarathonSetting } from "../../../../src/config/lb.js";

export const NEVER = new AbortController().signal;

/** A Marathon as lb.marathons has it. */
export function settingOf(urls: readonly string[], more: Partial<MarathonSetting> = {}): MarathonSetting {
  const login = { user: "", password: "", credentialsFile: "", dcos: false, caFile: "" };
  return { name: "marathon", urls, ...login, ...more };
}
