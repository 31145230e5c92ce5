import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { ForwardConfig, SocketConfig, TransferConfig } from "../config/config.js";

/** Certificate and key in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

type CertificateConfig = Pick<SocketConfig, "tlsCertFile" | "tlsKeyFile"> &
  Pick<ForwardConfig, "resolverCACertFile"> &
  Pick<TransferConfig, "transferClientCAFile">;

/** The contents of the configured certificate files, checked. */
export interface Certificates {
  /** For DNS over TLS and HTTPS; undefined if none is configured. */
  readonly certificate: Certificate | undefined;
  /** Certificates, in PEM, of the authorities to trust for upstreams over TLS; undefined for those that Node.js trusts. */
  readonly resolverAuthorities: string | undefined;
  /** The same of the authorities that sign the certificates of secondaries; undefined if they need none. */
  readonly transferAuthorities: string | undefined;
}

/** Those that DNS over TLS is served with. */
export type ListenerCertificates = Pick<Certificates, "certificate" | "transferAuthorities">;

/** For servers: TLS 1.3, and the cipher suites of TLS 1.2 that have forward secrecy (RFC 9325 §4.2.1). */
export const TLS_OPTIONS = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
} as const;

/** @throws {MesosDnsError} CREDENTIALS_UNREADABLE */
export function readCertificates(config: CertificateConfig): Certificates {
  return {
    certificate: readCertificate(config),
    resolverAuthorities: readAuthorities(config, "resolverCACertFile"),
    transferAuthorities: readAuthorities(config, "transferClientCAFile"),
  };
}

/** The certificates in the file that a key names; undefined if it names none. @throws {MesosDnsError} CREDENTIALS_UNREADABLE */
export function readAuthorities(
  config: CertificateConfig,
  key: "resolverCACertFile" | "transferClientCAFile",
): string | undefined {
  const path = config[key];
  if (path === "") return undefined;
  const authorities = read(key, path);
  try {
    new X509Certificate(authorities);
    return authorities;
  } catch (cause) {
    const message = `${key} ${path} cannot be used (${messageOf(cause)}): give PEM certificates`;
    throw new MesosDnsError("CREDENTIALS_UNREADABLE", message, { cause });
  }
}

/**
 * The certificate for TLS and HTTPS; undefined if none is configured.
 *
 * @throws {MesosDnsError} CREDENTIALS_UNREADABLE
 */
export function readCertificate({ tlsCertFile, tlsKeyFile }: CertificateConfig): Certificate | undefined {
  if (tlsCertFile === "") return undefined;
  const certificate = { cert: read("tlsCertFile", tlsCertFile), key: read("tlsKeyFile", tlsKeyFile) };
  try {
    if (!new X509Certificate(certificate.cert).checkPrivateKey(createPrivateKey(certificate.key)))
      throw new Error("the key belongs to another certificate");
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
