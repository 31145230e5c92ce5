import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MesosDnsError } from "../../base/errors.js";
import { runCommand } from "../../base/run-command.js";
import type { LbSettings } from "../../config/lb.js";
import type { LbFlags } from "./flags.js";
import type { Env } from "./inputs.js";
import { warn } from "./lb.js";
import { placesOf } from "./places.js";

/** Certificates that the image takes from its environment besides the first one. */
const MORE_CERTIFICATES = 101;
const POLL_SECONDS = 60;

/**
 * The settings of marathon-lb's image: HAProxy is its own, and its environment has certificates and credentials.
 * @param mode `sse` or `poll`
 */
export async function imageSettings(mode: string, flags: LbFlags, settings: LbSettings, env: Env): Promise<LbSettings> {
  const { imageConfig } = placesOf(env);
  if (env.HAPROXY_SYSCTL_PARAMS) {
    warn([`HAPROXY_SYSCTL_PARAMS has no effect: set ${env.HAPROXY_SYSCTL_PARAMS} for the container or its host`]);
  }
  const { MARATHON_USER: user, MARATHON_PASSWORD: password } = env;
  const hasLogin = Boolean(user && password);
  return {
    ...settings,
    marathons: settings.marathons.map((one) =>
      hasLogin ? { ...one, user: user ?? "", password: password ?? "" } : one,
    ),
    refreshSeconds: mode === "poll" ? pollSeconds(env) : settings.refreshSeconds,
    vhosts: { ...settings.vhosts, certificates: await certificatesOf(flags, env) },
    haproxy: {
      ...settings.haproxy,
      configFile: flags.haproxyConfig ?? imageConfig,
      manage: flags.command === undefined,
    },
  };
}

/** Events are followed in any case. */
function pollSeconds({ POLL_INTERVAL: text }: Env): number {
  if (text === undefined || text === "") return POLL_SECONDS;
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw new MesosDnsError("USAGE", `POLL_INTERVAL is ${JSON.stringify(text)}, and has to be a number of seconds`);
}

/** Those that the environment has, in files; else those of the flag; else one that nobody has signed. */
async function certificatesOf({ certificates }: LbFlags, env: Env): Promise<readonly string[]> {
  const folder = placesOf(env).certificates;
  const names = Array.from({ length: MORE_CERTIFICATES }, (_, index) => [
    `HAPROXY_SSL_CERT${index}`,
    `cert${index}.pem`,
  ]);
  const first = join(folder, "cert.pem");
  const given = certificates?.split(",") ?? [];
  if (!env.HAPROXY_SSL_CERT) {
    if (given.length > 0) return given;
    if (!existsSync(first)) await makeCertificate(folder, first);
    return [first];
  }
  const files = [...given];
  for (const [variable = "", name = ""] of [["HAPROXY_SSL_CERT", "cert.pem"], ...names]) {
    const text = env[variable];
    if (!text) continue;
    await writeSecret(folder, join(folder, name), text.replaceAll("\\n", "\n"));
    files.push(join(folder, name));
  }
  return files;
}

async function makeCertificate(folder: string, file: string): Promise<void> {
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=*", "-keyout", "-"];
  const { code, stdout, stderr } = await runCommand("openssl", args);
  if (code !== 0) {
    const why = stderr.trim().split("\n").at(-1);
    throw new MesosDnsError(
      "CONFIG_INVALID",
      `there is no certificate, and openssl makes none (${why}): set HAPROXY_SSL_CERT`,
    );
  }
  await writeSecret(folder, file, stdout);
  warn([`${file} is a certificate that nobody has signed, made now: HAPROXY_SSL_CERT or --ssl-certs says another one`]);
}

async function writeSecret(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
}
