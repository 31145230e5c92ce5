import type { Authorization, AuthorizationOptions } from "./authorization.js";
import type { ServiceAccount } from "./service-account.js";

export const NO_LOGIN: Authorization = fixed(undefined);

export function basicLogin(user: string, password: string): Authorization {
  return fixed(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
}

/** The login of DC/OS. What signs and reads tokens is loaded when it is first needed: few clusters have a login. */
export function iamLogin(account: ServiceAccount, options: AuthorizationOptions): Authorization {
  let loading: Promise<Authorization> | undefined;
  let ready: Authorization | undefined;
  return {
    header: async (signal) => {
      loading ??= import("./iam-login.js").then(({ IamAuthorization }) => new IamAuthorization(account, options));
      ready = await loading;
      return ready.header(signal);
    },
    forget: () => ready?.forget() ?? true,
    get expiresAt() {
      return ready?.expiresAt;
    },
  };
}

function fixed(header: string | undefined): Authorization {
  return { header: async () => header, forget: () => false };
}
