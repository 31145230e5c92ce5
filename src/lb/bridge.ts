/** haproxy.cfg as the script haproxy-marathon-bridge writes it, from Marathon's text answer to `GET /v2/tasks`. */

const HEAD = `global
  daemon
  log 127.0.0.1 local0
  log 127.0.0.1 local1 notice
  maxconn 4096

defaults
  log            global
  retries             3
  maxconn          2000
  timeout connect  5000
  timeout client  50000
  timeout server  50000

listen stats
  bind 127.0.0.1:9090
  balance
  mode http
  stats enable
  stats auth admin:admin
`;

/** An app and one of its service ports, and where its tasks have it. */
export interface BridgeSection {
  readonly name: string;
  readonly port: string;
  /** Each a host and a port. */
  readonly servers: readonly string[];
}

/** A line of the answer is a section. A line without a port makes nothing, and ends nothing. */
export function bridgeSections(tasks: string): readonly BridgeSection[] {
  return tasks.split("\n").flatMap((line) => {
    const [name = "", port = "", ...servers] = line.split(/[ \t]+/u).filter((word) => word !== "");
    return /^\d+$/u.test(port) ? [{ name, port, servers }] : [];
  });
}

export function renderBridge(sections: readonly BridgeSection[]): string {
  return HEAD + sections.map(sectionText).join("");
}

export function bridgeServers({ name, servers }: BridgeSection): readonly string[] {
  // The script counts down.
  return servers.map((_, index) => `${name}-${servers.length - index}`);
}

function sectionText(section: BridgeSection): string {
  const { name, port, servers } = section;
  const names = bridgeServers(section);
  const lines = servers.map((server, index) => `  server ${names[index]} ${server} check\n`);
  return `
listen ${name}-${port}
  bind 0.0.0.0:${port}
  mode tcp
  option tcplog
  balance leastconn
${lines.join("")}`;
}
