/** gdnsd with two weighted addresses that it checks. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.mjs";
import { startPeer } from "./upstreams.mjs";

/**
 * @param services a way to check each kind of names: `{ quick: "interval => 2, timeout => 1, …" }`, empty for gdnsd's own defaults
 * @param ttl of each kind, in gdnsd's form: the most and the least
 * @param names of each kind
 */
export async function startGdnsd(zone, addresses, { httpPort, services, ttl, names: count }) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-gdnsd-"));
  const port = await freePort();
  for (const name of ["zones", "run", "state"]) mkdirSync(join(folder, name));
  const types = Object.entries(services).map(
    ([name, settings]) => `  ${name} => { plugin => http_status, port => ${httpPort}, url_path => "/", ${settings} }`,
  );
  const resources = Object.keys(services).map((name) => {
    const values = addresses.map((address, index) => `edge${index} = [ ${address}, 10 ]`);
    return `    ${name} => { service_types => ${name}, ${values.join(", ")} }`;
  });
  writeFileSync(
    join(folder, "config"),
    `options => {
  listen => 127.0.0.1:${port}
  run_dir => ${join(folder, "run")}
  state_dir => ${join(folder, "state")}
}
service_types => {
${types.join("\n")}
}
plugins => { weighted => {
${resources.join("\n")}
} }
`,
  );
  const names = Object.keys(services).flatMap((kind) =>
    Array.from({ length: count }, (_, index) => `${kind}-${index} ${ttl[kind]} DYNA weighted!${kind}`),
  );
  writeFileSync(
    join(folder, "zones", zone),
    `@ 60 SOA ns hostmaster 1 60 60 3600 5\n@ 60 NS ns\nns 60 A 192.0.2.53\n${names.join("\n")}\n`,
  );
  return startPeer("gdnsd", ["-c", folder, "start"], port, `ns.${zone}`, folder);
}
