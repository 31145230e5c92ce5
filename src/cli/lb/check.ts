import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable } from "../../base/printable.js";
import type { LbSettings } from "../../config/lb.js";
import { processOf } from "../../lb-run/process.js";
import type { LbFlags } from "./flags.js";
import type { Env } from "./inputs.js";
import { findingsOf, madeNow } from "./made.js";
import { requireGroup } from "./settings.js";

/** `mesos-dns lb check`: what is wrong with what would be carried now, with status 1 if anything is. Nothing is changed. */
export async function checkBalancer(flags: LbFlags, settings: LbSettings, env: Env): Promise<void> {
  requireGroup(flags, settings);
  const runDir = await files.mkdtemp(join(tmpdir(), "mesos-dns-lb-check-"));
  try {
    const faults = await faultsIn(
      flags,
      { ...settings, haproxy: { ...settings.haproxy, runDir, configFile: "" } },
      env,
    );
    const end =
      faults.length === 0 ? "nothing is wrong" : `${faults.length} ${faults.length === 1 ? "fault" : "faults"}`;
    process.stdout.write([...faults, end, ""].map(printable).join("\n"));
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await files.rm(runDir, { recursive: true, force: true });
  }
}

async function faultsIn(flags: LbFlags, settings: LbSettings, env: Env): Promise<readonly string[]> {
  const { content, carried } = await madeNow(flags, settings, env);
  const { runDir } = settings.haproxy;
  const haproxy = processOf(settings);
  for (const [name, text] of content.maps) await haproxy.writeFile(name, text);
  const said = await haproxy.faultsOf(content.text);
  const found = findingsOf(carried).map(({ appId, text }) => `${appId}: ${text}`);
  return said === undefined
    ? found
    : [...found, `HAProxy refuses the configuration: ${withSections(said, content.text).replaceAll(`${runDir}/`, "")}`];
}

/** Each line that HAProxy names, with the section that it stands in, which has the app in its name. */
function withSections(said: string, text: string): string {
  const lines = text.split("\n");
  return said.replaceAll(/:(\d+)\]/gu, (place, number) => {
    const section = lines.slice(0, Number(number)).findLast((line) => /^[a-z]/u.test(line));
    return section === undefined ? place : `:${number}, in ${section}]`;
  });
}
