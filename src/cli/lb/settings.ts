import { MesosDnsError } from "../../base/errors.js";
import type { LbSettings, MarathonSetting } from "../../config/lb.js";
import { DEFAULT_CERTIFICATE } from "../../lb/options.js";
import type { LbFlags } from "./flags.js";

const DEFAULT_CONFIG = "/etc/haproxy/haproxy.cfg";

/**
 * The configuration, with what the command line says instead. Without a configuration, what the command line leaves out is as
 * marathon-lb has it.
 */
export function withFlags(flags: LbFlags, settings: LbSettings): LbSettings {
  const isAlone = flags.configFile === undefined;
  const { vhosts, haproxy, ports } = settings;
  const certificates = flags.certificates ?? (isAlone ? DEFAULT_CERTIFICATE : undefined);
  const format = flags.format === "bamboo-state" ? "bamboo" : flags.format;
  return {
    ...settings,
    format: format ?? settings.format,
    groups: flags.groups.length > 0 ? flags.groups : settings.groups,
    strict: flags.isStrict || settings.strict,
    healthy: flags.needsHealth ? "required" : isAlone ? "ignore" : settings.healthy,
    templatesDir: flags.templatesDir ?? settings.templatesDir,
    ports: { min: flags.minPort ?? ports.min, max: flags.maxPort ?? ports.max },
    vhosts: {
      ...vhosts,
      ...(!flags.bindsHttp && { http: false, https: false }),
      map: flags.usesMaps || vhosts.map,
      groupHttps: flags.groupsHttps || vhosts.groupHttps,
      certificates: certificates?.split(",") ?? vhosts.certificates,
    },
    haproxy: {
      ...haproxy,
      configFile: flags.haproxyConfig ?? (isAlone ? DEFAULT_CONFIG : haproxy.configFile),
      validate: flags.validates && haproxy.validate,
      ...(flags.command && { manage: false, reloadCommand: flags.command }),
    },
    marathons: flags.marathons.length > 0 ? [marathonOf(flags)] : settings.marathons,
  };
}

/**
 * What `lb run` does by its command line alone: its own HAProxy keeps to its own folder, and TLS takes a certificate that somebody has named.
 *
 * @throws {MesosDnsError} USAGE if it would carry nothing
 */
export function ownSettings(flags: LbFlags, settings: LbSettings): LbSettings {
  if (flags.configFile !== undefined || flags.bambooConfig !== undefined) return settings;
  requireGroup(flags, settings);
  if (!settings.haproxy.manage) return settings;
  return {
    ...settings,
    vhosts: { ...settings.vhosts, certificates: flags.certificates?.split(",") ?? [] },
    haproxy: { ...settings.haproxy, configFile: flags.haproxyConfig ?? "" },
  };
}

/**
 * A configuration may want apps without a group alone, and servicerouter.py took them where no group was named.
 *
 * @throws {MesosDnsError} USAGE if a command line names no group
 */
export function requireGroup({ configFile }: LbFlags, { groups, format, legacyEnv }: LbSettings): void {
  const isNeeded = configFile === undefined && !legacyEnv && (format === "haproxy" || format === "marathon-lb");
  if (isNeeded && groups.length === 0) throw new MesosDnsError("USAGE", 'name at least one --group, or "*" for all');
}

/** That of the command line. */
function marathonOf({ marathons, credentials, credentialsFile = "", account, caFile = "" }: LbFlags): MarathonSetting {
  const [user = "", ...password] = credentials?.split(":") ?? [];
  return {
    name: "marathon",
    urls: marathons.map(urlOf),
    user,
    password: password.join(":"),
    credentialsFile,
    dcos: account !== undefined,
    caFile,
  };
}

/** haproxy-marathon-bridge takes a host and a port. */
function urlOf(text: string): string {
  return (/^https?:\/\//u.test(text) ? text : `http://${text}`).replace(/\/+$/u, "");
}
