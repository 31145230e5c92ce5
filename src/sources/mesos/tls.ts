import type { ClusterConfig } from "../../config/config.js";
import { checkPem, readPem, type TlsFiles } from "../http/pem.js";

/**
 * Reads CACertFile, CertFile and KeyFile and checks that they are what their names say.
 * Throws MesosDnsError CREDENTIALS_UNREADABLE.
 */
export function readTlsFiles({ CACertFile, CertFile, KeyFile }: ClusterConfig): TlsFiles {
  const ca = readPem("CACertFile", CACertFile);
  const cert = readPem("CertFile", CertFile);
  const key = readPem("KeyFile", KeyFile);
  const authority = ca === undefined ? {} : { ca };
  const own = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
  checkPem("CACertFile", CACertFile, authority);
  checkPem("CertFile and KeyFile", `${CertFile} and ${KeyFile}`, own);
  return { ...authority, ...own };
}
