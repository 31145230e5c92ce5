import { isIP } from "node:net";
import type { HostPort } from "../base/host-port.js";

/** What is found in the text of a configuration, whoever has written it. */

const BIND = /^[ \t]*bind[ \t]+(\S*):(\d+)(?=[ \t]|$)/gmu;

/** Where HAProxy listens, by host and port; 0.0.0.0 for all of IPv4. Names, ranges and lists are left out. */
export function bindsIn(text: string): ReadonlyMap<string, HostPort> {
  const binds = Array.from(text.matchAll(BIND), ([, written = "", port]) => {
    const host = written === "" || written === "*" ? "0.0.0.0" : written.replace(/^\[(.*)\]$/u, "$1");
    return { host, port: Number(port) };
  });
  return new Map(binds.filter(({ host }) => isIP(host) > 0).map((bind) => [`${bind.host}:${bind.port}`, bind]));
}

/**
 * Where HAProxy is to listen and does not yet. Where it is in its own way, as at a port of all addresses that becomes one of a single
 * address, nobody else can be, and trying tells nothing.
 *
 * @param loaded what it has read
 */
export function newBinds(text: string, loaded: string): ReadonlyMap<string, HostPort> {
  const own = [...bindsIn(loaded).values()];
  const isItself = ({ host, port }: HostPort) =>
    own.some((known) => known.port === port && (known.host === host || isWhole(known.host) || isWhole(host)));
  return new Map(Array.from(bindsIn(text)).filter(([, bind]) => !isItself(bind)));
}

/** Whether somebody who listens there has the port of every address. */
function isWhole(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
