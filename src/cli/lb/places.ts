import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where files of the system are below another root than `/`: for images that are put together, and for tests. */
export const ROOT_VARIABLE = "LB_SYSTEM_ROOT";

/** The files of the system that this program and those that it replaces have in common. */
export interface Places {
  readonly haproxyConfig: string;
  /** haproxy-marathon-bridge's list of Marathons, one a line. */
  readonly bridgeMarathons: string;
  readonly bridgeCron: string;
  readonly bridgeUnit: string;
  /** There while systemd manages this machine. */
  readonly systemd: string;
  /** What says how HAProxy is reloaded: the first of these that is there. */
  readonly reloads: readonly (readonly [file: string, command: readonly string[]])[];
  /** Of the image of marathon-lb. */
  readonly imageConfig: string;
  readonly certificates: string;
}

export function placesOf(env: Readonly<Record<string, string | undefined>>): Places {
  const root = env[ROOT_VARIABLE] ?? "/";
  const at = (path: string) => join(root, path);
  const systemctl = ["systemctl", "reload", "haproxy"];
  return {
    haproxyConfig: at("/etc/haproxy/haproxy.cfg"),
    bridgeMarathons: at("/etc/haproxy-marathon-bridge/marathons"),
    bridgeCron: at("/etc/cron.d/haproxy-marathon-bridge"),
    bridgeUnit: at("/etc/systemd/system/haproxy-marathon-bridge.service"),
    systemd: at("/run/systemd/system"),
    reloads: [
      [at("/etc/init/haproxy.conf"), ["reload", "haproxy"]],
      [at("/usr/lib/systemd/system/haproxy.service"), systemctl],
      [at("/lib/systemd/system/haproxy.service"), systemctl],
      [at("/etc/systemd/system/haproxy.service"), systemctl],
      [at("/etc/init.d/haproxy"), [at("/etc/init.d/haproxy"), "reload"]],
    ],
    imageConfig: at("/marathon-lb/haproxy.cfg"),
    certificates: at("/etc/ssl"),
  };
}

/** How this system reloads HAProxy; empty if it does not. */
export function reloadOf({ reloads }: Places): readonly string[] {
  return reloads.find(([file]) => existsSync(file))?.[1] ?? [];
}
