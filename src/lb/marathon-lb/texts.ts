/**
 * The texts that configurations of marathon-lb are made of, by the names under which they can be replaced. Fields in braces are
 * filled in as Python's `str.format` does, but in those of `LITERAL`.
 */

const ACL_HOST = "  acl host_{cleanedUpHostname} hdr(host) -i {hostname}\n";
const ACL_PATH = "  acl path_{backend} path_beg {path}\n";
const ACL_AUTH = "  acl auth_{cleanedUpHostname} http_auth(user_{backend})\n";
const ACL_NETWORK = "  acl network_allowed src {network_allowed}\n";
const SNI = "{{ ssl_fc_sni {hostname} }}";
const PATH = "path_{backend}";
const HOST = "host_{cleanedUpHostname}";

const use = (...conditions: string[]) => `  use_backend {backend} if ${conditions.join(" ")}\n`;
const ask = (...conditions: string[]) =>
  `  http-request auth realm "{realm}" if ${conditions.join(" ")} !auth_{cleanedUpHostname}\n`;
const toHttps = (...conditions: string[]) =>
  `  redirect scheme https code 301 if !{{ ssl_fc }} ${conditions.join(" ")}\n`;
const MAP_HOST = "  use_backend %[req.hdr(host),lower,regsub(:.*$,,),map({haproxy_dir}/domain2backend.map)]\n";
const MAP_SNI = "  use_backend %[ssl_fc_sni,lower,map({haproxy_dir}/domain2backend.map)]\n";
const MAP_APP = "  use_backend %[req.hdr(x-marathon-app-id),lower,map({haproxy_dir}/app2backend.map)]\n";
const CHECK = "  check inter {healthCheckIntervalSeconds}s fall {healthCheckFalls}{healthCheckPortOptions}\n";

/** For services: a label can replace each of them for one service. */
export const SERVICE_TEXTS = {
  USERLIST_HEAD: "\nuserlist user_{backend}\n  user {user} password {passwd}\n",
  FRONTEND_HEAD: "\nfrontend {backend}\n  bind {bindAddr}:{servicePort}{sslCert}{bindOptions}\n  mode {mode}\n",
  BACKEND_HEAD: "\nbackend {backend}\n  balance {balance}\n  mode {mode}\n",
  BACKEND_REDIRECT_HTTP_TO_HTTPS: toHttps(HOST),
  BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH: toHttps(HOST, PATH),
  BACKEND_HSTS_OPTIONS: "  rspadd  Strict-Transport-Security:\\ max-age=15768000\n",
  HTTP_FRONTEND_ACL: ACL_HOST + use(HOST),
  MAP_HTTP_FRONTEND_ACL: MAP_HOST,
  HTTP_FRONTEND_ACL_WITH_AUTH: ACL_HOST + ACL_AUTH + ask(HOST) + use(HOST),
  HTTP_FRONTEND_ACL_ONLY: ACL_HOST,
  MAP_HTTP_FRONTEND_ACL_ONLY: MAP_HOST,
  HTTP_FRONTEND_ROUTING_ONLY: use(HOST),
  HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH: ACL_AUTH + ask(HOST) + use(HOST),
  HTTP_FRONTEND_ACL_WITH_PATH: ACL_HOST + ACL_PATH + use(HOST, PATH),
  HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH: ACL_HOST + ACL_AUTH + ACL_PATH + ask(HOST, PATH) + use(HOST, PATH),
  HTTP_FRONTEND_ACL_ONLY_WITH_PATH: ACL_PATH,
  HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH: ACL_PATH + ACL_AUTH,
  HTTPS_FRONTEND_ACL_ONLY_WITH_PATH: ACL_PATH,
  HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH: use(HOST, PATH),
  HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH: ask(HOST, PATH) + use(HOST, PATH),
  HTTP_FRONTEND_APPID_ACL:
    "  acl app_{cleanedUpAppId} hdr(x-marathon-app-id) -i {appId}\n  use_backend {backend} if app_{cleanedUpAppId}\n",
  MAP_HTTP_FRONTEND_APPID_ACL: MAP_APP,
  HTTPS_FRONTEND_ACL: use(SNI),
  MAP_HTTPS_FRONTEND_ACL: MAP_SNI,
  HTTPS_FRONTEND_ACL_WITH_AUTH: ACL_AUTH + ask(SNI) + use(SNI),
  HTTPS_FRONTEND_ACL_WITH_PATH: use(SNI, PATH),
  HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH: ACL_AUTH + ask(SNI, PATH) + use(SNI, PATH),
  BACKEND_HTTP_OPTIONS: `  option forwardfor
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request add-header X-Forwarded-Proto https if { ssl_fc }
`,
  HTTP_BACKEND_PROXYPASS_GLUE: `  http-request set-header Host {hostname}
  reqirep  "^([^ :]*)\\ {proxypath}/?(.*)" "\\1\\ /\\2"
`,
  HTTP_BACKEND_REVPROXY_GLUE: `  acl hdr_location res.hdr(Location) -m found
  rspirep "^Location: (https?://{hostname}(:[0-9]+)?)?(/.*)" "Location:   {rootpath}" if hdr_location
`,
  HTTP_BACKEND_REDIR: `  acl is_root path -i /
  acl is_domain hdr(host) -i {hostname}
  redirect code 301 location {redirpath} if is_domain is_root
`,
  BACKEND_HTTP_HEALTHCHECK_OPTIONS: `  option  httpchk GET {healthCheckPath}
  timeout check {healthCheckTimeoutSeconds}s
`,
  BACKEND_TCP_HEALTHCHECK_OPTIONS: "",
  BACKEND_STICKY_OPTIONS: "  cookie mesosphere_server_id insert indirect nocache\n",
  BACKEND_SERVER_OPTIONS:
    "  server {serverName} {host_ipv4}:{port} id {serverId}{cookieOptions}{healthCheckOptions}{otherOptions}\n",
  BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS: CHECK,
  BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS: CHECK,
  FRONTEND_BACKEND_GLUE: "  use_backend {backend}\n",
  HTTP_BACKEND_NETWORK_ALLOWED_ACL: ACL_NETWORK,
  TCP_BACKEND_NETWORK_ALLOWED_ACL: ACL_NETWORK,
} as const;

/** For the configuration as a whole. */
export const GLOBAL_TEXTS = {
  HTTP_FRONTEND_HEAD: "\nfrontend marathon_http_in\n  bind *:80\n  mode http\n",
  HTTP_FRONTEND_APPID_HEAD: "\nfrontend marathon_http_appid_in\n  bind *:9091\n  mode http\n",
  HTTPS_FRONTEND_HEAD: "\nfrontend marathon_https_in\n  bind *:443 ssl {sslCerts}\n  mode http\n",
  HTTPS_GROUPED_FRONTEND_HEAD: `
frontend marathon_https_in
  bind *:443
  mode tcp
  tcp-request inspect-delay 5s
  tcp-request content accept if { req_ssl_hello_type 1 }
`,
  HTTPS_GROUPED_VHOST_FRONTEND_HEAD: `
frontend {name}
  mode http
  bind abns@{name} accept-proxy ssl {sslCerts}{bindOpts}
`,
  HTTPS_GROUPED_VHOST_BACKEND_HEAD: "\nbackend {name}\n  server loopback-for-tls abns@{name} send-proxy-v2\n",
  HTTPS_GROUPED_VHOST_FRONTEND_ACL: "  use_backend {backend} if {{ req_ssl_sni -i {host} }}\n",
  HTTP_BACKEND_ACL_ALLOW_DENY: "  http-request allow if network_allowed\n  http-request deny\n",
  TCP_BACKEND_ACL_ALLOW_DENY: "  tcp-request content accept if network_allowed\n  tcp-request content reject\n",
} as const;

/** Texts in which a brace is a brace. */
export const LITERAL: ReadonlySet<string> = new Set([
  "HEAD",
  "HTTP_FRONTEND_HEAD",
  "HTTP_FRONTEND_APPID_HEAD",
  "HTTPS_GROUPED_FRONTEND_HEAD",
  "HTTP_BACKEND_ACL_ALLOW_DENY",
  "TCP_BACKEND_ACL_ALLOW_DENY",
  "BACKEND_HSTS_OPTIONS",
  "BACKEND_HTTP_OPTIONS",
  "BACKEND_STICKY_OPTIONS",
]);

const CIPHERS = [
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ...["ECDHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"],
  ...["DHE-RSA-AES128-SHA256", "DHE-RSA-AES256-SHA256", "AES128-GCM-SHA256", "AES256-GCM-SHA384"],
  ...["AES128-SHA256", "AES256-SHA256", "!aNULL", "!MD5", "!DSS"],
].join(":");
const TLS = "no-sslv3 no-tlsv10 no-tls-tickets";
const LUA = ["getpids", "getconfig", "getmaps", "signalmlb"].map((file) => `  lua-load /marathon-lb/${file}.lua\n`);
const ASKED = ["getpid", "getvhostmap", "getappmap", "getconfig"].map((name) => {
  const path = name === "getpid" ? "getpids" : name;
  return `  acl ${name} path /_haproxy_${path}\n  http-request use-service lua.${path} if ${name}\n`;
});
const SIGNALS = ["hup", "usr1"].map(
  (signal) =>
    `  acl signalmlb${signal} path /_mlb_signal/${signal}\n  http-request use-service lua.signalmlb${signal} if signalmlb${signal}\n`,
);

/** What comes first. @param options for all proxies, such as `redispatch` */
export function defaultHead(options: readonly string[]): string {
  return `global
  log /dev/log local0
  log /dev/log local1 notice
  spread-checks 5
  max-spread-checks 15000
  maxconn 50000
  tune.ssl.default-dh-param 2048
  ssl-default-bind-ciphers ${CIPHERS}
  ssl-default-bind-options ${TLS}
  ssl-default-server-ciphers ${CIPHERS}
  ssl-default-server-options ${TLS}
  stats socket /var/run/haproxy/socket expose-fd listeners
  server-state-file global
  server-state-base /var/state/haproxy/
${LUA.join("")}defaults
  load-server-state-from-file global
  log               global
  retries                   3
  backlog               10000
  maxconn               10000
  timeout connect          3s
  timeout client          30s
  timeout server          30s
  timeout tunnel        3600s
  timeout http-keep-alive  1s
  timeout http-request    15s
  timeout queue           30s
  timeout tarpit          60s
${options.map((option) => `  option            ${option}\n`).join("")}listen stats
  bind 0.0.0.0:9090
  balance
  mode http
  stats enable
  http-request use-service prometheus-exporter if { path /metrics }
  monitor-uri /_haproxy_health_check
${ASKED.join("")}
${SIGNALS.join("")}`;
}
