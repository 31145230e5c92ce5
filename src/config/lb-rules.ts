/** What the keys of `lb` require of each other. */
import { formatHostPort, type HostPort } from "../base/host-port.js";
import type { LbSettings } from "./lb.js";
import type { RuleContext } from "./rule-context.js";
import type { KeyPath, Values } from "./schema.js";
import { collide } from "./sockets.js";

export function checkLb({ lb }: Values, { faults }: RuleContext): void {
  const { min, max } = lb.ports;
  const isRange = min > 0 ? min <= max : max === 0;
  if (!isRange && !faults.has("lb.ports.min") && !faults.has("lb.ports.max"))
    faults.add("lb.ports.max", max, "a port that is not below lb.ports.min, or both 0");
  if (lb.bamboo.zookeeper !== "" && lb.bamboo.file !== "" && !faults.has("lb.bamboo.file"))
    faults.add("lb.bamboo.file", lb.bamboo.file, "a file, or lb.bamboo.zookeeper, not both");
  if (lb.source === "mesos" && lb.format !== "haproxy" && !faults.has("lb.source"))
    faults.add("lb.source", lb.source, '"marathon", or lb.format "haproxy"');
  checkBinds(lb, { faults });
}

/** HAProxy takes two frontends at one address without a word, and gives each connection to either of them. */
function checkBinds(lb: LbSettings, { faults }: Pick<RuleContext, "faults">): void {
  const { http, https, appId, stats } = lb.vhosts;
  const binds: readonly (readonly [key: KeyPath, bind: HostPort | false])[] = [
    ["lb.listen", lb.listen],
    ["lb.vhosts.http", http],
    ["lb.vhosts.https", https],
    ["lb.vhosts.appId", appId],
    ["lb.vhosts.stats", stats],
    ["lb.bamboo.listen", lb.bamboo.listen],
  ];
  binds.forEach(([key, bind], index) => {
    const rival = binds.slice(0, index).find(([, other]) => bind && other && collide(serverAt(bind), serverAt(other)));
    if (bind && rival && !faults.has(key))
      faults.add(key, formatHostPort(bind), `an address and a port that ${rival[0]} does not have`);
  });
}

function serverAt({ host, port }: HostPort): { readonly hosts: readonly string[]; readonly port: number } {
  return { hosts: [host], port };
}
