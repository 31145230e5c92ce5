import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Config } from "../config/config.js";
import { MesosDnsError, messageOf } from "../errors.js";

/** PEM texts, as `node:tls` takes them; what is not configured is absent. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads CACertFile, CertFile and KeyFile and checks that they are what their names say.
 * Throws MesosDnsError CREDENTIALS_UNREADABLE.
 */
export function readTlsFiles(config: Config): TlsFiles {
  const ca = config.CACertFile && readPem("CACertFile", config.CACertFile);
  const cert = config.CertFile && readPem("CertFile", config.CertFile);
  const key = config.KeyFile && readPem("KeyFile", config.KeyFile);
  check("CACertFile", config.CACertFile, { ca });
  check("CertFile and KeyFile", `${config.CertFile} and ${config.KeyFile}`, { cert, key });
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function readPem(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `${setting} cannot be read: ${messageOf(error)}; correct the path or its permissions`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message);
  }
}

function check(setting: string, path: string, pem: { ca?: string; cert?: string; key?: string }): void {
  try {
    createSecureContext(pem);
  } catch (error) {
    const message = `${setting}: ${path} cannot be used (${messageOf(error)}); give PEM files that belong together`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message);
  }
}
