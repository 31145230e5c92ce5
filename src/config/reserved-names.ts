/** The label below which agents have their names, each one label; nobody else has a name directly below it. */
export const AGENTS = "agent";

const RESERVED = new RegExp(`^(?:leader|master\\d*|slave|${AGENTS})$`);

/** Whether a name at the top of the domain is one that masters and agents have. @param label in lower case */
export function isReserved(label: string): boolean {
  return RESERVED.test(label);
}
