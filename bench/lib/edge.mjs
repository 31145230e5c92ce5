/** An edge server as a process of its own: it answers HTTP on one address until it is told to stop. */
import { createServer } from "node:http";

const [host, port] = process.argv.slice(2);
createServer((_request, response) => response.end("ready\n")).listen(Number(port), host, () => process.send("up"));
