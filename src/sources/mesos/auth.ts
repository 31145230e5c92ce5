import type { ClusterConfig } from "../../config/config.js";
import type { Authorization, AuthorizationOptions } from "../http/authorization.js";
import { basicLogin, iamLogin, NO_LOGIN } from "../http/login.js";
import { readServiceAccount } from "../http/service-account.js";

/** Throws MesosDnsError CREDENTIALS_UNREADABLE if the service account file of `iam` cannot be used. */
export function createAuthorization(config: ClusterConfig, options: AuthorizationOptions): Authorization {
  if (config.mesosAuthentication === "iam")
    return iamLogin(readServiceAccount("IAMConfigFile", config.IAMConfigFile), options);
  if (config.mesosAuthentication === "none") return NO_LOGIN;
  return basicLogin(config.mesosCredentials.principal, config.mesosCredentials.secret);
}
