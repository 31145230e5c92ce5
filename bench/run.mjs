/** `npm run bench [-- answer transports peers threads forward state freshness catalog console consul transfer health vips lb querylog churn soak fuzz]`: all measurements but the last two, or those named. */
import { benchAnswer } from "./answer.mjs";
import { benchCatalog } from "./catalog.mjs";
import { benchChurn } from "./churn.mjs";
import { benchConsole } from "./console.mjs";
import { benchConsul } from "./consul.mjs";
import { benchForward } from "./forward.mjs";
import { benchFreshness } from "./freshness.mjs";
import { benchFuzz } from "./fuzz.mjs";
import { benchHealth } from "./health.mjs";
import { benchLb } from "./lb.mjs";
import { benchPeers } from "./peers.mjs";
import { benchQueryLog } from "./querylog.mjs";
import { benchSoak } from "./soak.mjs";
import { benchState } from "./state.mjs";
import { benchThreads } from "./threads.mjs";
import { benchTransfer } from "./transfer.mjs";
import { benchTransports } from "./transports.mjs";
import { benchVips } from "./vips.mjs";

const BENCHES = {
  answer: benchAnswer,
  transports: benchTransports,
  peers: benchPeers,
  threads: benchThreads,
  forward: benchForward,
  state: benchState,
  freshness: benchFreshness,
  catalog: benchCatalog,
  console: benchConsole,
  consul: benchConsul,
  transfer: benchTransfer,
  health: benchHealth,
  vips: benchVips,
  lb: benchLb,
  querylog: benchQueryLog,
  churn: benchChurn,
  soak: benchSoak,
  fuzz: benchFuzz,
};
/** What takes minutes is run when it is named. */
const ON_REQUEST = new Set(["soak", "fuzz"]);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`no such measurement: ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.includes(name) || (wanted.length === 0 && !ON_REQUEST.has(name))) await bench();
}
