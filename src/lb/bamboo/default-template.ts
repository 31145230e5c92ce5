import { formatHostPort } from "../../base/host-port.js";
import type { LbSettings } from "../../config/lb.js";
import { pathsOf } from "../options.js";
import type { TemplateText } from "./render.js";

/**
 * The template where none is configured, in Bamboo's language: a rule leads to the app's tasks that are ready. What the owners of apps
 * write stands in lines of the app's own backend; which requests an app gets is for those who write rules. An app without a rule is
 * reachable below its id only if that is configured.
 */
export function defaultTemplate(settings: Pick<LbSettings, "vhosts" | "haproxy" | "bamboo">): TemplateText {
  const { http, stats } = settings.vhosts;
  const { hardStopAfter } = settings.haproxy;
  const head = [
    "# Written by mesos-dns. What is changed here is lost.",
    "global",
    "  log /dev/log local0",
    "  log /dev/log local1 notice",
    `  stats socket ${pathsOf(settings).socket} mode 600 level admin expose-fd listeners`,
    ...(hardStopAfter > 0 ? [`  hard-stop-after ${hardStopAfter}s`] : []),
    "",
    "defaults",
    "  log global",
    "  mode http",
    "  option httplog",
    "  option dontlognull",
    "  timeout connect 5s",
    "  timeout client 50s",
    "  timeout server 50s",
  ];
  const statistics =
    stats === false ? [] : ["", "listen stats", `  bind ${formatHostPort(stats)}`, "  stats enable", "  stats uri /"];
  const frontend = http === false ? [] : ["", "frontend http-in", `  bind ${formatHostPort(http)}`];
  const rules = http === false ? "" : rulesText(settings.bamboo.defaultRule);
  return { name: "default template", text: `${[...head, ...statistics, ...frontend].join("\n")}\n${rules}${BACKENDS}` };
}

function rulesText(hasDefault: boolean): string {
  const ofApp = "{{ $app.EscapedId }}-aclrule";
  const use = `  use_backend {{ $app.EscapedId }}-cluster if ${ofApp}`;
  const none = hasDefault ? `\n{{- else }}\n  acl ${ofApp} path_beg -i {{ $app.Id }}\n${use}` : "";
  return `{{- $services := .Services }}
{{- range $app := .Apps }}
{{- if hasKey $services $app.Id }}
{{- $service := getService $services $app.Id }}
  acl ${ofApp} {{ $service.Acl }}
${use}${none}
{{- end }}
{{- end }}
`;
}

const BACKENDS = `{{ range $app := .Apps }}
backend {{ $app.EscapedId }}-cluster
  balance leastconn
  option forwardfor
{{- if $app.HealthCheckPath }}
  option httpchk GET {{ $app.HealthCheckPath }}
{{- end }}
{{- range $task := $app.Tasks }}
{{- if and $task.Ready $task.Alive }}
  server {{ $app.EscapedId }}-{{ $task.Host }}-{{ $task.Port }} {{ $task.Host }}:{{ $task.Port }}
{{- if $app.HealthCheckPath }} check inter 30s{{ end }}
{{- if eq $app.HealthCheckProtocol "HTTPS" }} ssl verify none{{ end }}
{{- end }}
{{- end }}
{{ end }}`;
