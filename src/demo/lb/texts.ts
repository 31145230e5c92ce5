import { HOST } from "../loopback.js";
import type { BalancerPorts } from "./balancer.js";
import { APP_ID, VHOST } from "./shop.js";

export interface LbFigures {
  readonly answered: number;
  readonly failed: number;
  /** How many have answered. */
  readonly tasks: number;
  /** Of HAProxy. */
  readonly reloads: number;
}

export function figuresText({ answered, failed, tasks, reloads }: LbFigures): string {
  return `${answered} requests answered by ${tasks} tasks, ${failed} failed, ${reloads} reloads`;
}

export interface LbPlaces {
  readonly marathon: string;
  readonly ports: BalancerPorts;
  readonly configFile: string;
}

/** What to try, while it runs. */
export function lbHints({ marathon, ports, configFile }: LbPlaces): string {
  return `
HAProxy carries ${APP_ID}, an app of a simulated Marathon, and mesos-dns lb run follows what runs.
The app is scaled and moves every few seconds while clients use it. In another terminal, try

  curl -H "Host: ${VHOST}" http://${HOST}:${ports.http}/   # by its name: ask a few times
  curl http://${HOST}:${ports.service}/                              # by its service port
  node dist/main.js lb status -config=${configFile}
  curl -s http://${HOST}:${ports.status}/metrics                     # of mesos-dns lb run
  curl -s ${marathon}/v2/apps                     # what Marathon says

In a browser: http://${HOST}:${ports.stats}/haproxy?stats
Ctrl-C stops everything.
`;
}
