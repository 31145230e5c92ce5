import { HOST } from "./loopback.js";
import type { DemoOptions } from "./options.js";

const NOT_CARRIED = "(install HAProxy, and the demonstration carries its connections too: apt-get install haproxy)";

/** The virtual address of the demonstration. */
export interface DemoVip {
  readonly address: string;
  readonly port: number;
  /** Whether HAProxy carries its connections. */
  readonly isCarried: boolean;
}

/** What to try, with names that are there at any time. @param master `host:port` */
export function hints({ dnsPort, httpPort }: DemoOptions, master: string, vip: DemoVip): string {
  const dig = `dig @${HOST} -p ${dnsPort}`;
  const curl = `curl -s http://${HOST}:${httpPort}`;
  const [command, at] = ["node dist/main.js", `--server ${HOST}:${httpPort}`];
  const resolver = 'const r = new (require("dns").promises.Resolver)()';
  return `
Serving a demonstration cluster: DNS on ${HOST}:${dnsPort}, HTTP on ${HOST}:${httpPort}.
Its tasks start, stop and move every few seconds. In another terminal, try

  ${dig} web.marathon.mesos                            # where the web servers run
  ${dig} _web._tcp.marathon.mesos SRV                  # with their ports
  ${dig} api.marathon.mesos AAAA                       # tasks with addresses of their own
  ${dig} _http._api._tcp.marathon.mesos SRV +tcp       # one named port, over TCP
  ${dig} leader.mesos +short

  ${dig} hello.marathon.l4lb.thisdcos.directory        # a virtual address
  ${vip.isCarried ? `curl http://${vip.address}:${vip.port}/                        # where it leads: ask a few times` : NOT_CARRIED}
  ${curl}/v1/vips

  ${curl}/v1/services/_web._tcp.marathon.mesos.
  ${curl}/v1/enumerate
  ${curl}/metrics
  ${command} explain web.marathon.mesos ${at}         # why it is answered so
  ${command} query web.marathon.mesos @${HOST}:${dnsPort} ${at}  # the answer, and why
  ${command} tail ${at}                               # what changes, as it happens
  ${command} top ${at}                                # who asks what
  curl -s http://${master}/state                     # what the cluster's master says

Without dig: node -e '${resolver}; r.setServers(["${HOST}:${dnsPort}"]); r.resolve4("web.marathon.mesos").then(console.log)'
In a browser: http://${HOST}:${httpPort}/
Ctrl-C stops everything.
`;
}
