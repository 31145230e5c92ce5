/** What the kernel keeps of connections, as conntrack lists it. */
import { parseAddress } from "../../base/addresses.js";
import type { RunCommand } from "../../base/run-command.js";
import { type ServiceAddress, serviceKey, type Target, targetKey } from "../model.js";

/** The client's direction comes first: `udp 17 29 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=…`. */
const ENDPOINTS = /\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;
/** How conntrack says, with status 1, that there was nothing to delete. */
const NOTHING = "0 flow entries";

/** A connection, or datagrams between the same two. */
export interface Flow {
  /** Where its client sends to. */
  readonly service: ServiceAddress;
  /** Who answers. */
  readonly target: Pick<Target, "ip" | "port">;
}

/** @param text what `conntrack -L` says; other protocols are left out */
export function parseFlows(text: string): readonly Flow[] {
  return text.split("\n").flatMap((line): Flow[] => {
    const protocol = line.startsWith("udp ") ? "udp" : "tcp";
    if (!line.startsWith(`${protocol} `)) return [];
    const [there, back] = [...line.matchAll(ENDPOINTS)];
    const address = parseAddress(there?.[2] ?? "")?.text;
    const ip = parseAddress(back?.[1] ?? "")?.text;
    if (address === undefined || ip === undefined) return [];
    return [{ service: { protocol, address, port: Number(there?.[4]) }, target: { ip, port: Number(back?.[3]) } }];
  });
}

/**
 * The flows of these services that go to nobody whom the service has, each service and target once. A datagram begins no connection, so
 * that they would go on as long as somebody sends: to a target that is gone, or being refused after the service has got targets.
 */
export function strayFlows(
  flows: readonly Flow[],
  services: ReadonlyMap<string, readonly Pick<Target, "ip" | "port">[]>,
): readonly Flow[] {
  const strays = new Map<string, Flow>();
  for (const flow of flows) {
    const key = serviceKey(flow.service);
    const goesTo = targetKey(flow.target);
    const targets = services.get(key);
    if (targets && !targets.some((target) => targetKey(target) === goesTo)) strays.set(`${key} ${goesTo}`, flow);
  }
  return [...strays.values()];
}

/** Lists what there is over one protocol. @param translated leaves out what goes where its client sends it */
export async function listFlows(
  run: RunCommand,
  protocol: "tcp" | "udp",
  translated = false,
): Promise<readonly Flow[]> {
  const { code, stdout, stderr } = await run("conntrack", ["-L", "-p", protocol, ...(translated ? ["--dst-nat"] : [])]);
  if (code !== 0) throw new Error(stderr.trim());
  return parseFlows(stdout);
}

/** Forgets all flows like this: the next datagram begins a new one. */
export async function endFlow(run: RunCommand, { service, target }: Flow): Promise<void> {
  const { protocol, address, port } = service;
  const there = ["--orig-dst", address, "--orig-port-dst", String(port)];
  const back = ["--reply-src", target.ip, "--reply-port-src", String(target.port)];
  const { code, stderr } = await run("conntrack", ["-D", "-p", protocol, ...there, ...back]);
  if (code !== 0 && !stderr.includes(NOTHING)) throw new Error(stderr.trim());
}
