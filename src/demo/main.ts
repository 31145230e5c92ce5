/** `npm run demo`: the real programs, and around them all that they need. */
import { showCluster } from "./cluster-demo.js";
import { fail } from "./ending.js";
import { showLoadBalancer } from "./lb/lb-demo.js";
import { parseOptions } from "./options.js";
import { Screen } from "./screen.js";

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  const screen = new Screen(process.stdout, () => performance.now());
  switch (options.kind) {
    case "cluster":
      return showCluster(options, screen);
    case "load-balancer":
      return showLoadBalancer(options, screen);
  }
}

main(process.argv.slice(2)).catch(fail);
