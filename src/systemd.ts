import { execFile } from "node:child_process";
import type { Logger } from "./log.js";

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
