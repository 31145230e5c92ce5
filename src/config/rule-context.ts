import type { Faults } from "./faults.js";

/** What the rules need beside the values: where they put what they find, and what they may ask of the machine. */
export interface RuleContext {
  readonly faults: Faults;
  readonly warnings: string[];
  /** Addresses of the machine's nameservers; may throw where they cannot be read. */
  readonly systemResolvers: () => readonly string[];
  readonly machineAddresses: () => readonly string[];
  /** The address of a host; absent where nobody is going to listen there. */
  readonly lookUp: ((name: string) => string | undefined) | undefined;
  /** Where a supervisor lets the program keep files; "" for nowhere. */
  readonly stateDirectory: string;
  /** False where the configuration is not used to follow a cluster. */
  readonly needsMasters: boolean;
}
