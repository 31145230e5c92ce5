import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodeQuery } from "./dns.js";
import { inNamespace } from "./namespace.js";
import { PROGRAM } from "./server.js";

/** Clients in networks of IPv6, and the server that they ask, in a network namespace. */

const LIMIT_MS = 50_000;
/** Without a cluster: `localhost` is answered all the same, to clients that may ask for more than that. */
const CLUSTER = { masters: ["127.0.0.1:1"], resolvers: ["127.0.0.1:1"], allowRecursion: ["2001:db8::/32"] };
const CONFIG = { ...CLUSTER, listener: "::1", httplistener: "127.0.0.1", port: 5353, httpport: 8123 };

/** Pairs of clients, each in one network of /48 and two of /56. */
const ADDRESSES = `
for pair in 1 2 3 4 5 6 7 8 9; do
  for network in 100 200; do ip address add 2001:db8:$pair:$network::1/128 dev lo nodad; done
done
`;

/** For `node -e`: asks from two addresses, and says whether both are answered or a limit withholds one answer. */
const ASKER = `
  const { createSocket } = require("node:dgram");
  const [query, ...clients] = process.argv.slice(1);
  const end = (outcome) => { console.log(outcome); process.exit(); };
  let answered = 0;
  for (const client of clients) {
    const socket = createSocket("udp6").on("message", () => { if (++answered === clients.length) end("apart"); });
    socket.bind(0, client, () => socket.send(Buffer.from(query, "hex"), 5353, "::1"));
  }
  const withheld = /^mesos_dns_responses_rate_limited_total\\{action="withheld"\\} [1-9]/m;
  setInterval(async () => {
    const metrics = await fetch("http://127.0.0.1:8123/metrics").then((response) => response.text(), () => "");
    if (withheld.test(metrics)) end("together");
  }, 20);
  setTimeout(() => end("neither"), 5_000);
`;

/** Each pair asks once: what it has left is not to count for the next. */
const PROBE = `
trap 'kill %1; wait' EXIT
has_logged() { for try in $(seq 100); do grep -q "\\"msg\\":\\"$1" "$FOLDER/log" && return; sleep 0.1; done; }
ask() { "$NODE" -e "$ASKER" "$QUERY" "2001:db8:$1:100::1" "2001:db8:$1:200::1"; }
"$NODE" "$PROGRAM" -config="$FOLDER/config.json" >/dev/null 2>"$FOLDER/log" &
has_logged listening
ask 1
mv "$FOLDER/changed.json" "$FOLDER/config.json"
kill -HUP %1
has_logged "changed "
for pair in 2 3 4 5 6 7 8 9; do
  outcome=$(ask $pair)
  [ "$outcome" = together ] && break
done
echo "$outcome"
`;

/** Whether a limit holds for two clients apart or together, under one length of prefix and after the change to another. */
export async function limitsOverIpv6([before, after]: readonly [number, number]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-live-ipv6-"));
  for (const [name, ipv6PrefixLength] of Object.entries({ "config.json": before, "changed.json": after })) {
    const rateLimit = { answersPerSecond: 1, slip: 0, ipv6PrefixLength };
    writeFileSync(join(folder, name), JSON.stringify({ ...CONFIG, rateLimit }));
  }
  const QUERY = encodeQuery("localhost").toString("hex");
  const env = { ...process.env, NODE: process.execPath, PROGRAM, FOLDER: folder, ASKER, QUERY };
  const [command, args] = inNamespace(ADDRESSES, ["bash", "-c", PROBE]);
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { env, timeout: LIMIT_MS });
    return stdout.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
