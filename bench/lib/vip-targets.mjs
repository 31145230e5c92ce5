/** A process of its own: targets of virtual addresses. Each answers a connection with its port, at every address of the machine. */
import { once } from "node:events";
import { createServer } from "node:net";

const ranges = process.argv.slice(2).map((text) => text.split("-").map(Number));
for (const [first, last] of ranges) {
  for (let port = first; port <= last; port++) {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.end(`${port}\n`);
    });
    server.listen({ port, host: "0.0.0.0", backlog: 128 });
    await once(server, "listening");
  }
}
process.send("ready");
process.on("disconnect", () => process.exit(0));
