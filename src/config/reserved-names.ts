/** The label below which agents have their names, of one label each. No other name is directly below it. */
export const AGENTS = "agent";

const RESERVED = new RegExp(`^(?:leader|master\\d*|slave|${AGENTS})$`);

/** Whether a name directly below the domain is reserved for masters and agents. @param label in lower case */
export function isReserved(label: string): boolean {
  return RESERVED.test(label);
}
