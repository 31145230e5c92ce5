import { createServer, type Server } from "node:net";
import { MesosDnsError } from "../base/errors.js";

/**
 * Keeps others of this node from carrying the same, until this process ends. The name is that of an abstract socket (unix(7)): it is gone with its process, and
 * every network namespace has its own, as it has its own rules.
 *
 * @param what is carried
 * @throws {MesosDnsError} VIP_LOCKED if another process has it
 */
export async function lock(what: string): Promise<void> {
  // Elsewhere there is no such socket, and no node of a cluster.
  if (process.platform !== "linux") return;
  const server = createServer((socket) => socket.destroy());
  await listen(server, `\0mesos-dns-vips ${what}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    const advice = "stop it first (systemctl stop mesos-dns-vips)";
    throw new MesosDnsError("VIP_LOCKED", `another \`mesos-dns vips\` of this node carries ${what}: ${advice}`);
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
    server.unref();
  });
}
