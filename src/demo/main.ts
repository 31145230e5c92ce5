/** `npm run demo`: the real programs, and around them all that they need. */
import { showCluster } from "./cluster-demo.js";
import { fail } from "./ending.js";
import { parseOptions } from "./options.js";
import { Screen } from "./screen.js";

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  await showCluster(options, new Screen(process.stdout, () => performance.now()));
}

main(process.argv.slice(2)).catch(fail);
