import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { At } from "./ask.js";
import { dig } from "./digs.js";
import { startForeign } from "./foreign-server.js";
import { freePort } from "./server.js";
import type { Tool } from "./tools.js";

/**
 * Other people's resolvers, each validating, as a process of its own on a free port of 127.0.0.1. What they are not told of they ask
 * of the test's own `elsewhere`: nothing leaves the machine, and no chain of trust can be followed.
 */

interface Settings {
  readonly folder: string;
  readonly port: number;
  /** Whom to ask for everything else, as the configuration has it. */
  readonly elsewhere: string;
  /** An operator's lines, file by file. */
  readonly blocks: readonly string[];
}

export interface Validator {
  readonly tool: Tool;
  /** An address and a port, as its configuration has them. */
  address(port: number): string;
  /** Writes what it needs to run, with the operator's lines; gives its arguments. */
  prepare(settings: Settings): readonly string[];
}

const ANCHOR = "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";

export const VALIDATORS = {
  Unbound: { tool: "unbound", address: (port) => `127.0.0.1@${port}`, prepare: unbound },
  BIND: { tool: "named", address: (port) => `127.0.0.1 port ${port}`, prepare: bind },
  dnsmasq: { tool: "dnsmasq", address: (port) => `127.0.0.1#${port}`, prepare: dnsmasq },
  "PowerDNS Recursor": { tool: "pdns_recursor", address: (port) => `127.0.0.1:${port}`, prepare: powerDns },
  "Knot Resolver": { tool: "kresd", address: (port) => `127.0.0.1@${port}`, prepare: knotResolver },
} as const satisfies Readonly<Record<string, Validator>>;

const PAGE = readFileSync("docs/in-front.md", "utf8");

/** The code blocks of a section of the page for operators. */
export function blocksOf(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```\w*\n(.*?)^```$/gms)].map((match) => match[1] as string);
}

/** Starts one with an operator's lines, and waits until it answers; `elsewhere` is a port. */
export async function startValidator(
  { tool, prepare, address }: Validator,
  blocks: readonly string[],
  elsewhere: number,
): Promise<At & { stop(): Promise<void> }> {
  const at = { host: "127.0.0.1", port: await freePort() };
  const prepareIn = (folder: string) => prepare({ folder, port: at.port, elsewhere: address(elsewhere), blocks });
  const isUp = () =>
    dig(at, "version.bind", "CH", "TXT", "+time=1", "+norec").then(
      () => true,
      () => false,
    );
  return { ...at, ...(await startForeign(tool, prepareIn, isUp)) };
}

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Private addresses are refused where nobody allows them. */
function unbound({ folder, port, elsewhere, blocks }: Settings): readonly string[] {
  const config = `
server:
  interface: 127.0.0.1@${port}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "validator iterator"
  trust-anchor: ". DS ${ANCHOR}"
  private-address: 10.0.0.0/8
remote-control:
  control-enable: no
${blocks.join("\n")}
forward-zone:
  name: "."
  forward-addr: ${elsewhere}
`;
  return ["-d", "-c", write(folder, "unbound.conf", config)];
}

/** Not `forward only`, which does away with BIND's own empty zones; what goes for root servers stays on loopback. */
function bind({ folder, port, elsewhere, blocks }: Settings): readonly string[] {
  const hints = write(folder, "hints", ". 3600000 NS root.invalid.\nroot.invalid. 3600000 A 127.53.53.53\n");
  const [numbers, digest] = [ANCHOR.split(" ").slice(0, 3).join(" "), ANCHOR.split(" ").at(3)];
  const own = `
  directory "${folder}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  dnssec-validation yes;
  forward first;
  forwarders { ${elsewhere}; };
`;
  const config = `
${blocks.join("\n").replace("options {", `options {${own}`)}
trust-anchors { . static-ds ${numbers} "${digest}"; };
zone "." { type hint; file "${hints}"; };
controls { };
`;
  return ["-g", "-n", "1", "-c", write(folder, "named.conf", config)];
}

/** Private addresses and private networks are refused where nobody allows them. */
function dnsmasq({ folder, port, elsewhere, blocks }: Settings): readonly string[] {
  const config = `
port=${port}
listen-address=127.0.0.1
bind-interfaces
user=
pid-file=
no-resolv
no-hosts
server=${elsewhere}
dnssec
trust-anchor=.,${ANCHOR.replaceAll(" ", ",")}
stop-dns-rebind
bogus-priv
${blocks.join("\n")}
`;
  return ["--keep-in-foreground", "--log-facility=-", `--conf-file=${write(folder, "dnsmasq.conf", config)}`];
}

function powerDns({ folder, port, elsewhere, blocks: [settings = "", lua = ""] }: Settings): readonly string[] {
  const script = write(folder, "recursor.lua", lua);
  const config = `
local-address=127.0.0.1
local-port=${port}
socket-dir=${folder}
daemon=no
write-pid=no
threads=1
hint-file=no
security-poll-suffix=
dnssec=validate
forward-zones-recurse=.=${elsewhere}
${settings.replace(/^(lua-config-file)=.*$/m, `$1=${script}`)}
`;
  write(folder, "recursor.conf", config);
  return [`--config-dir=${folder}`];
}

function knotResolver({ folder, port, elsewhere, blocks }: Settings): readonly string[] {
  const config = `
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
for _, name in ipairs({'priming', 'ta_update', 'ta_signal_query', 'detect_time_skew', 'detect_time_jump'}) do
  modules.unload(name)
end
trust_anchors.remove('.')
trust_anchors.add('. IN DS ${ANCHOR}')
cache.size = 10 * MB
${blocks.join("\n")}
policy.add(policy.all(policy.FORWARD('${elsewhere}')))
`;
  return ["-n", "-c", write(folder, "kresd.conf", config), folder];
}
