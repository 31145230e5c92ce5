import { createHash } from "node:crypto";

/** Ids of HAProxy's servers are from 1 to this. */
const MOST_IDS = 32_767n;

/** Everything that a name in marathon-lb's configurations cannot have becomes `_`. */
export function cleanedUp(text: string): string {
  return text.replace(/[^a-zA-Z0-9-]/gu, "_");
}

/** A server's name: the agent's if that is not an address, the address, and the port. */
export function serverName({ host, ip, port }: { readonly host: string; readonly ip: string; readonly port: number }) {
  return cleanedUp(host === ip ? `${ip}_${port}` : `${host}_${ip}_${port}`);
}

/** The value of the cookie that leads back to a server. */
export function serverCookie(name: string): string {
  return createHash("sha1").update(name).digest("hex").slice(0, 10);
}

/**
 * The id of a server, which stays the same over reloads as long as the servers of its backend are numbered in the same order.
 *
 * @param taken the ids of its backend, to which it is added
 * Throws an Error if there is no id left.
 */
export function serverId(name: string, taken: Set<number>): number {
  if (taken.size + 1 >= MOST_IDS) throw new Error(`a backend can have ${MOST_IDS - 1n} servers, and no more`);
  let hashed = name;
  for (;;) {
    const digest = createHash("sha256").update(hashed).digest("hex");
    const id = Number(BigInt(`0x${digest}`) % MOST_IDS);
    if (id > 0 && !taken.has(id)) {
      taken.add(id);
      return id;
    }
    hashed = `${hashed} ${digest}`;
  }
}
