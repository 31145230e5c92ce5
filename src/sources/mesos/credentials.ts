import type { ClusterConfig } from "../../config/config.js";
import { readServiceAccount } from "../http/service-account.js";
import { readTlsFiles } from "./tls.js";

/** Reads every file with credentials for masters. Throws MesosDnsError CREDENTIALS_UNREADABLE for the first that cannot be used. */
export function checkCredentials(config: ClusterConfig): void {
  readTlsFiles(config);
  if (config.mesosAuthentication === "iam") readServiceAccount("IAMConfigFile", config.IAMConfigFile);
}
