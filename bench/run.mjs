/** `npm run bench [answer|transports|state …]`: all measurements, or those named. */
import { benchAnswer } from "./answer.mjs";
import { benchState } from "./state.mjs";
import { benchTransports } from "./transports.mjs";

const BENCHES = { answer: benchAnswer, transports: benchTransports, state: benchState };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`no such measurement: ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(BENCHES)) if (wanted.length === 0 || wanted.includes(name)) await bench();
