import { parseAddress } from "../../base/addresses.js";
import type { Place } from "./model.js";

/**
 * Where these addresses are. Texts that are no addresses are left out.
 *
 * @param host what to call it if there is none
 */
export function placeOf(addresses: readonly string[], host: string): Place {
  const parsed = addresses.map(parseAddress).filter((each) => each !== undefined);
  const ipv4 = parsed.find(({ family }) => family === 4)?.text;
  const ipv6 = parsed.find(({ family }) => family === 6)?.text;
  return { address: ipv4 ?? ipv6 ?? host, ipv4, ipv6 };
}
