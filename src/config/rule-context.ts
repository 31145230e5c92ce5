import type { Faults } from "./faults.js";

/** What the rules need beside the values: places for faults and warnings, and facts about the machine. */
export interface RuleContext {
  readonly faults: Faults;
  readonly warnings: string[];
  /** Addresses of the machine's nameservers. May throw if they cannot be read. */
  readonly systemResolvers: () => readonly string[];
  readonly machineAddresses: () => readonly string[];
  /** Returns the address of a host name; `undefined` if no sockets will be opened. */
  readonly lookUp: ((name: string) => string | undefined) | undefined;
  /** The folder in which a supervisor lets the program keep files; "" for none. */
  readonly stateDirectory: string;
  /** False if the configuration is not used to follow a cluster. */
  readonly needsMasters: boolean;
}
