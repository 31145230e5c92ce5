/** What the kernel keeps of connections, through conntrack. */
import { parseAddress } from "../../base/addresses.js";
import { formatHostPort } from "../../base/host-port.js";
import { type ServiceAddress, serviceKey, type Target } from "../model.js";
import type { RunCommand } from "../run-command.js";

/** The direction from the client comes first in a line: `tcp 6 117 TIME_WAIT src=… dst=… sport=… dport=… src=…`. */
const FLOW = /^(tcp|udp) .*?\bdst=(\S+) sport=\d+ dport=(\d+)/;
/** How conntrack says, with status 1, that there was nothing to delete. */
const NOTHING = "0 flow entries";

/** The keys of services that these flows go to. @param text what `conntrack -L --dst-nat` says: flows whose target was changed on the way */
export function servicesOf(text: string): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const line of text.split("\n")) {
    const [, protocol, destination = "", port] = FLOW.exec(line) ?? [];
    const address = parseAddress(destination)?.text;
    if (address === undefined) continue;
    keys.add(`${protocol}:${formatHostPort({ host: address, port: Number(port) })}`);
  }
  return keys;
}

/** Which services have connections of TCP, also such as have just ended. */
export async function usedServices(run: RunCommand): Promise<ReadonlySet<string>> {
  const { code, stdout, stderr } = await run("conntrack", ["-L", "-p", "tcp", "--dst-nat"]);
  if (code !== 0) throw new Error(stderr.trim());
  return servicesOf(stdout);
}

/** Ends a service's flows: the next datagram is a new one. @param target absent for those of all targets */
export async function endFlows(run: RunCommand, service: ServiceAddress, target?: Target): Promise<void> {
  const { protocol, address, port } = service;
  const from = target ? ["--reply-src", target.ip, "--reply-port-src", String(target.port)] : [];
  const words = ["-D", "-p", protocol, "--orig-dst", address, "--orig-port-dst", String(port), ...from];
  const { code, stderr } = await run("conntrack", words);
  if (code !== 0 && !stderr.includes(NOTHING)) throw new Error(`${serviceKey(service)}: ${stderr.trim()}`);
}
