import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import type { Logger } from "../base/log.js";
import { type InheritedSocket, inheritedSockets } from "../transport/inherited.js";

/** The environment variables that describe inherited sockets (sd_listen_fds(3)). */
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/**
 * The sockets that systemd has opened. Only the first call returns them: the variables are removed, so that child processes do not
 * take the sockets for theirs.
 *
 * @throws {MesosDnsError} LISTEN_FAILED for a descriptor that is not a socket for DNS
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
 * Notifies systemd if this process runs under it (sd_notify(3)). Node.js has no Unix datagram sockets, so systemd's own tool
 * sends the message.
 */
export function notifySystemd(state: "READY=1" | "STOPPING=1", log: Logger): void {
  if (!process.env.NOTIFY_SOCKET) return;
  execFile("systemd-notify", [`--pid=${process.pid}`, state], (error) => {
    if (error) log.warn({ err: error }, "systemd could not be notified");
  });
}
