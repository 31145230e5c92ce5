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

/**
 * A line of the answer is an app and one of its service ports: name, port, and where its tasks have it. A line without a port makes
 * nothing, and ends nothing.
 */
export function renderBridge(tasks: string): string {
  return HEAD + tasks.split("\n").map(listenSection).join("");
}

function listenSection(line: string): string {
  const [name = "", port = "", ...servers] = line.split(/[ \t]+/u).filter((word) => word !== "");
  if (!/^\d+$/u.test(port)) return "";
  // The script counts down.
  const lines = servers.map((server, index) => `  server ${name}-${servers.length - index} ${server} check\n`);
  return `
listen ${name}-${port}
  bind 0.0.0.0:${port}
  mode tcp
  option tcplog
  balance leastconn
${lines.join("")}`;
}
