import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Config } from "../config/config.js";
import { MesosDnsError, messageOf } from "../errors.js";
import type { Certificate } from "./tcp.js";

/**
 * The certificate for TLS and HTTPS, read and checked; nothing where none is configured.
 * @throws {MesosDnsError} CREDENTIALS_UNREADABLE
 */
export function readCertificate({ tlsCertFile, tlsKeyFile }: Config): Certificate | undefined {
  if (tlsCertFile === "") return undefined;
  const certificate = { cert: read("tlsCertFile", tlsCertFile), key: read("tlsKeyFile", tlsKeyFile) };
  try {
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    const advice = "give a PEM certificate and the PEM key that belongs to it";
    const message = `tlsCertFile ${tlsCertFile} and tlsKeyFile ${tlsKeyFile} cannot be used (${messageOf(cause)}): ${advice}`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message, { cause });
  }
}

function read(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const message = `cannot read ${key} ${path} (${messageOf(cause)}): see that the file is there and this user may read it`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message, { cause });
  }
}
