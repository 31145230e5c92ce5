import * as files from "node:fs/promises";
import { MesosDnsError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { systemTimers } from "../../base/timers.js";
import type { LbBamboo } from "../../config/lb.js";
import { parseZkUrl } from "../../config/zk-url.js";
import { FileRules } from "../../lb/bamboo/rules/file-store.js";
import type { RulesStore } from "../../lb/bamboo/rules/store.js";

export interface OpenedRules {
  readonly store: RulesStore;
  /** Whether they have been read at all: until then it is not known that there are none. */
  readonly isKnown: () => boolean;
}

/** Rejects with a `MesosDnsError` if it is not said where they are, or their file cannot be read. */
export async function openRules({ file, zookeeper, path }: LbBamboo, log: Logger): Promise<OpenedRules> {
  if (file !== "") return { store: await FileRules.open(file, files), isKnown: () => true };
  const url = zookeeper === "" ? undefined : parseZkUrl(`${zookeeper}${path}`);
  if (!url) {
    throw new MesosDnsError(
      "CONFIG_INVALID",
      "format bamboo needs to know where rules are: lb.bamboo.file or lb.bamboo.zookeeper",
    );
  }
  // It brings the client of ZooKeeper.
  const { openRulesInZooKeeper } = await import("../../lb/bamboo/rules/open-rules.js");
  const store = openRulesInZooKeeper({ url, timers: systemTimers, random: Math.random, log });
  let isKnown = false;
  void store.ready.then(() => {
    isKnown = true;
  });
  return { store, isKnown: () => isKnown };
}
