/** Texts of marathon-lb's format as servicerouter.py had them: nothing of Lua, apps by their ids on 81, figures on loopback alone. */
export const SERVICE_ROUTER_TEXTS: Readonly<Record<string, string>> = {
  HAPROXY_HEAD: `global
  log 127.0.0.1 local0
  log 127.0.0.1 local1 notice
  stats socket /run/haproxy/admin.sock expose-fd listeners
defaults
  log               global
  retries                   3
  maxconn                2000
  timeout connect          5s
  timeout client          50s
  timeout server          50s
  option            redispatch
listen stats
  bind 127.0.0.1:9090
  balance
  mode http
  stats enable
  stats auth admin:admin
`,
  HAPROXY_HTTP_FRONTEND_APPID_HEAD: "\nfrontend marathon_http_appid_in\n  bind *:81\n  mode http\n",
};
