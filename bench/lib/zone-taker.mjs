/**
 * A client that takes one whole zone after the other, and tells of each. It has the lowest priority: where there are few cores it would
 * take them from the server, and other clients are on other machines.
 */
import { setPriority } from "node:os";
import { takeZone } from "./transfer-client.mjs";

const LOWEST = 19;

const [port, zone] = process.argv.slice(2);
setPriority(LOWEST);
for (;;) {
  await takeZone(Number(port), zone);
  process.send("taken");
}
