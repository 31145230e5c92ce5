import { MesosDnsError } from "../../base/errors.js";
import { isObject, type JsonObject } from "../../base/lenient.js";
import type { LbSettings } from "../../config/lb.js";
import { readStatsdServer } from "../../config/names.js";
import { parseZkUrl } from "../../config/zk-url.js";
import { type Env, readText } from "./inputs.js";

/** Members of Bamboo's configuration that the environment can replace. */
const VARIABLES = {
  "marathon.endpoint": "MARATHON_ENDPOINT",
  "marathon.user": "MARATHON_USER",
  "marathon.password": "MARATHON_PASSWORD",
  "bamboo.zookeeper.host": "BAMBOO_ZK_HOST",
  "bamboo.zookeeper.path": "BAMBOO_ZK_PATH",
  "haproxy.templatepath": "HAPROXY_TEMPLATE_PATH",
  "haproxy.outputpath": "HAPROXY_OUTPUT_PATH",
  "haproxy.reloadcommand": "HAPROXY_RELOAD_CMD",
  "haproxy.reloadvalidationcommand": "HAPROXY_RELOAD_VALIDATION_CMD",
  "haproxy.reloadcleanupcommand": "HAPROXY_RELOAD_CLEANUP_CMD",
  "statsd.enabled": "STATSD_ENABLED",
  "statsd.host": "STATSD_HOST",
  "statsd.prefix": "STATSD_PREFIX",
} as const;
type Member = keyof typeof VARIABLES;

export interface BambooSettings {
  readonly settings: LbSettings;
  /** What of it has no effect, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The settings with what Bamboo's own file and environment say, whose keys may be in any case.
 * @throws {MesosDnsError} CONFIG_UNREADABLE or CONFIG_INVALID
 */
export function withBambooConfig(file: string, env: Env, settings: LbSettings): BambooSettings {
  const content = contentOf(file);
  const text = (member: Member): string => env[VARIABLES[member]] || textAt(content, member);
  const urls = text("marathon.endpoint").split(",").filter(Boolean);
  if (urls.length === 0) throw invalid(file, "has to name Marathon.Endpoint, such as http://192.0.2.10:8080");
  const [user, password] = [text("marathon.user"), text("marathon.password")];
  const marathon = { name: "marathon", urls: urls.map((url) => url.replace(/\/+$/u, "")), user, password };
  return {
    settings: {
      ...settings,
      format: "bamboo",
      marathons: [{ ...marathon, credentialsFile: "", dcos: false, caFile: "" }],
      bamboo: { ...settings.bamboo, ...rulesOf(file, text, settings), template: text("haproxy.templatepath") },
      haproxy: haproxyOf(text, settings),
      statsd: statsdOf(file, text, settings),
    },
    warnings: warningsOf(text, content),
  };
}

type Text = (member: Member) => string;

function rulesOf(
  file: string,
  text: Text,
  { bamboo }: LbSettings,
): Pick<LbSettings["bamboo"], "zookeeper" | "path" | "file"> {
  const zookeeper = text("bamboo.zookeeper.host");
  if (zookeeper === "") return bamboo;
  const path = `/${text("bamboo.zookeeper.path").replace(/^\/+|\/+$/gu, "")}`;
  if (!parseZkUrl(`zk://${zookeeper}${path}`)) {
    throw invalid(
      file,
      "has to have hosts in Bamboo.Zookeeper.Host, such as zk1.example.com:2181, and a znode in its Path",
    );
  }
  return { zookeeper: `zk://${zookeeper}`, path, file: "" };
}

/** Its commands are lines of shell. */
function haproxyOf(text: Text, { haproxy }: LbSettings): LbSettings["haproxy"] {
  const configFile = text("haproxy.outputpath") || haproxy.configFile;
  const reload = text("haproxy.reloadcommand");
  if (reload === "") return { ...haproxy, configFile };
  const cleanup = text("haproxy.reloadcleanupcommand");
  const script = cleanup === "" ? reload : `(\n${reload}\n)\nstatus=$?\n(\n${cleanup}\n)\nexit $status`;
  return { ...haproxy, configFile, manage: false, reloadCommand: ["/bin/sh", "-c", script] };
}

function statsdOf(file: string, text: Text, { statsd }: LbSettings): LbSettings["statsd"] {
  if (!/^(?:1|t|true)$/iu.test(text("statsd.enabled"))) return statsd;
  const host = readStatsdServer(text("statsd.host"));
  if (!host) throw invalid(file, "has to have a host and a port in StatsD.Host, such as 192.0.2.9:8125");
  return { host, prefix: text("statsd.prefix") };
}

function warningsOf(text: Text, content: JsonObject): readonly string[] {
  const check = text("haproxy.reloadvalidationcommand");
  const delay = Number(valueAt(content, "bamboo.zookeeper.reportingdelay") ?? 0);
  return [
    ...(check === "" || /haproxy\s.*-c/u.test(check)
      ? []
      : ["HAProxy.ReloadValidationCommand is not run: HAProxy checks each configuration"]),
    ...(delay > 0
      ? ["Bamboo.Zookeeper.ReportingDelay has no effect: lb.reload says how long changes are gathered"]
      : []),
  ];
}

function contentOf(file: string): JsonObject {
  const text = readText(file, "-bamboo-config");
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw invalid(file, "has to be JSON");
  }
  if (!isObject(content)) throw invalid(file, "has to be an object");
  return content;
}

function valueAt(content: JsonObject, path: string): unknown {
  return path.split(".").reduce<unknown>((at, name) => {
    // As Go reads it: in any case, and the last one counts.
    return isObject(at) ? Object.entries(at).findLast(([key]) => key.toLowerCase() === name)?.[1] : undefined;
  }, content);
}

function textAt(content: JsonObject, path: string): string {
  const value = valueAt(content, path);
  return typeof value === "string" || typeof value === "boolean" ? String(value) : "";
}

function invalid(file: string, what: string): MesosDnsError {
  return new MesosDnsError("CONFIG_INVALID", `Bamboo's configuration ${file} ${what}`);
}
