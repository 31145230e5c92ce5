import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { MesosDnsError, messageOf } from "../../base/errors.js";

/** PEM texts, as `node:tls` takes them. Absent if not configured. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * The text of a file; `undefined` for "". Throws MesosDnsError CREDENTIALS_UNREADABLE.
 * @param setting what names the file, for the message
 */
export function readPem(setting: string, path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `${setting} cannot be read: ${messageOf(error)}; correct the path or its permissions`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message);
  }
}

/** Checks that texts are what their names say. Throws MesosDnsError CREDENTIALS_UNREADABLE. */
export function checkPem(setting: string, path: string, pem: TlsFiles): void {
  try {
    // createSecureContext ignores empty files, and CA files without a certificate. Check them here.
    if (pem.ca !== undefined) new X509Certificate(pem.ca);
    if (pem.cert !== undefined) new X509Certificate(pem.cert);
    if (pem.key !== undefined) createPrivateKey(pem.key);
    createSecureContext(pem);
  } catch (error) {
    const message = `${setting}: ${path} cannot be used (${messageOf(error)}); give PEM files that belong together`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message);
  }
}
