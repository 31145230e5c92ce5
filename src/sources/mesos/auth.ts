import type { ClusterConfig } from "../../config/config.js";
import type { Authorization, AuthorizationOptions } from "./authorization.js";
import { readServiceAccount } from "./service-account.js";

/** Throws MesosDnsError CREDENTIALS_UNREADABLE if the service account file of `iam` cannot be used. */
export function createAuthorization(config: ClusterConfig, options: AuthorizationOptions): Authorization {
  if (config.mesosAuthentication === "iam") {
    const account = readServiceAccount(config.IAMConfigFile);
    return loaded(async () => new (await import("./iam-login.js")).IamAuthorization(account, options));
  }
  if (config.mesosAuthentication === "none") return fixed(undefined);
  const { principal, secret } = config.mesosCredentials;
  return fixed(`Basic ${Buffer.from(`${principal}:${secret}`).toString("base64")}`);
}

function fixed(header: string | undefined): Authorization {
  return { header: async () => header, forget: () => false };
}

/** Loads what signs and reads tokens when it is first needed: few clusters have a login. */
function loaded(load: () => Promise<Authorization>): Authorization {
  let loading: Promise<Authorization> | undefined;
  let ready: Authorization | undefined;
  return {
    header: async (signal) => {
      loading ??= load();
      ready = await loading;
      return ready.header(signal);
    },
    forget: () => ready?.forget() ?? true,
  };
}
