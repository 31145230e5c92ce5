import { HELP_FLAGS } from "../flags.js";
import { helpOf } from "../help.js";
import type { ProgramName } from "./names.js";

/** Does what the program of that name does. @param words its arguments */
export async function actAs(name: ProgramName, words: readonly string[]): Promise<void> {
  // haproxy-marathon-bridge has no flags: it says what it needs.
  if (name !== "haproxy-marathon-bridge" && words.some((word) => HELP_FLAGS.has(word))) {
    return void process.stdout.write(helpOf("lb"));
  }
  switch (name) {
    case "haproxy-marathon-bridge": {
      const { runBridge } = await import("./bridge-name.js");
      return runBridge(words);
    }
    case "servicerouter.py":
    case "marathon_lb.py":
    case "marathon-lb": {
      const { runMarathonLb } = await import("./marathon-lb-name.js");
      return runMarathonLb(name, words);
    }
    case "zdd.py": {
      const { runDeploy } = await import("./deploy.js");
      return runDeploy(words);
    }
    case "bamboo": {
      const { runBamboo } = await import("./bamboo-name.js");
      return runBamboo(words);
    }
  }
}
