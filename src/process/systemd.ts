import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import type { Logger } from "../base/log.js";
import { type InheritedSocket, inheritedSockets } from "../transport/inherited.js";

/** What tells a process of its sockets (sd_listen_fds(3)). */
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/**
 * The sockets that systemd has opened. Programs that this one starts are not to take them for theirs, so they are there once.
 *
 * @throws {MesosDnsError} LISTEN_FAILED for what is no socket for DNS
 */
export function takeSystemdSockets(): InheritedSocket[] {
  const sockets = inheritedSockets(process.env, process.pid, {
    link: (fd) => readlinkSync(`/proc/self/fd/${fd}`),
    table: (name) => readFileSync(`/proc/self/net/${name}`, "utf8"),
  });
  for (const name of VARIABLES) delete process.env[name];
  return sockets;
}

/**
 * Tells systemd about this service where it runs under it (sd_notify(3)). Node has no datagram sockets of the local
 * kind, so systemd's own tool sends the message.
 */
export function notifySystemd(state: "READY=1" | "STOPPING=1", log: Logger): void {
  if (!process.env.NOTIFY_SOCKET) return;
  execFile("systemd-notify", [`--pid=${process.pid}`, state], (error) => {
    if (error) log.warn({ err: error }, "systemd could not be notified");
  });
}
