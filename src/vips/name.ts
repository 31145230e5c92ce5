/** How the names of virtual addresses are made of labels and frameworks, as DC/OS makes them. */

const MAX_LABEL = 63;
const MAX_NAME = 253;
const HYPHEN = "-";

/**
 * The name of a virtual address below its zone, `redis.marathon` for `/redis` of the framework `marathon`; `undefined` if nothing is left of
 * one of the two, or if the name is too long for the zone.
 *
 * @param zone the longest of the zones that it has to fit into
 */
export function vipName(label: string, framework: string, zone: string): string | undefined {
  const parts = [label, framework].map((text) => text.split(".").filter((part) => part !== ""));
  const labels = parts.map((each) => each.map(cleaned));
  if (labels.some((each) => each.length === 0 || each.includes(""))) return undefined;
  const name = labels.flat().join(".");
  return name.length + 1 + zone.length <= MAX_NAME ? name : undefined;
}

/** One label: lower case, begins with a letter or digit; what DNS does not have in a host's name is left out. */
function cleaned(part: string): string {
  let label = "";
  let isCut = false;
  for (const octet of Buffer.from(part)) {
    const character = characterOf(octet);
    if (character === undefined || (label === "" && character === HYPHEN)) continue;
    if (label.length === MAX_LABEL) {
      isCut = true;
      label = withoutHyphens(label);
    }
    if (label.length < MAX_LABEL && !(isCut && character === HYPHEN)) label += character;
  }
  return withoutHyphens(label);
}

function characterOf(octet: number): string | undefined {
  const character = String.fromCharCode(octet).toLowerCase();
  if (/^[a-z0-9]$/.test(character)) return character;
  return character === HYPHEN || character === "_" ? HYPHEN : undefined;
}

function withoutHyphens(label: string): string {
  return label.replace(/-+$/, "");
}
