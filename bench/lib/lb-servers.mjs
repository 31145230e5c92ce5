/** A process of its own: servers over HTTP, and one that echoes, at ports that the system chooses. It is given how many, and tells their ports. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createEcho } from "node:net";

const count = Number(process.argv[2]);
const ports = [];
for (let i = 0; i < count; i++) {
  const server = createServer((_, response) => response.end("ok"));
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ports.push(server.address().port);
}
const echo = createEcho((socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
echo.listen(0, "127.0.0.1");
await once(echo, "listening");
process.send({ ports, echo: echo.address().port });
process.on("disconnect", () => process.exit(0));
