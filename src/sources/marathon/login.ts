import { readFileSync } from "node:fs";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { MarathonSetting } from "../../config/lb.js";
import type { Authorization, AuthorizationOptions } from "../http/authorization.js";
import { basicLogin, iamLogin, NO_LOGIN } from "../http/login.js";
import { checkPem, readPem, type TlsFiles } from "../http/pem.js";
import { parseServiceAccount, readServiceAccount, type ServiceAccount } from "../http/service-account.js";

/** Where DC/OS puts the service account of a service. */
export const ACCOUNT_VARIABLE = "DCOS_SERVICE_ACCOUNT_CREDENTIAL";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What logs in to a Marathon. Throws MesosDnsError CREDENTIALS_UNREADABLE. */
export function createLogin(setting: MarathonSetting, env: Environment, options: AuthorizationOptions): Authorization {
  const { user, password, credentialsFile, dcos } = setting;
  if (dcos) return iamLogin(accountOf(setting, env), options);
  if (credentialsFile !== "") return basicLogin(...readPair(keyOf(setting, "credentialsFile"), credentialsFile));
  return user === "" ? NO_LOGIN : basicLogin(user, password);
}

/** The authorities of a Marathon. Throws MesosDnsError CREDENTIALS_UNREADABLE. */
export function readAuthorities(setting: MarathonSetting): TlsFiles {
  const key = keyOf(setting, "caFile");
  const ca = readPem(key, setting.caFile);
  if (ca === undefined) return {};
  checkPem(key, setting.caFile, { ca });
  return { ca };
}

function accountOf(setting: MarathonSetting, env: Environment): ServiceAccount {
  const { credentialsFile } = setting;
  const key = keyOf(setting, "credentialsFile");
  if (credentialsFile !== "") return readServiceAccount(key, credentialsFile);
  const text = env[ACCOUNT_VARIABLE];
  if (text !== undefined && text !== "") return parseServiceAccount(ACCOUNT_VARIABLE, text);
  const message = `${keyOf(setting, "dcos")}: there is neither a credentialsFile nor ${ACCOUNT_VARIABLE}; give one of them a DC/OS service account`;
  throw new MesosDnsError("CREDENTIALS_UNREADABLE", message);
}

/** `user:password`, alone on the first line of a file. */
function readPair(key: string, path: string): [user: string, password: string] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new MesosDnsError(
      "CREDENTIALS_UNREADABLE",
      `${key} ${path} cannot be read: ${messageOf(error)}; correct the path or its permissions`,
    );
  }
  const [, user, password] = /^([^:\r\n]+):([^\r\n]*)\r?\n?$/.exec(text) ?? [];
  if (user !== undefined && password !== undefined) return [user, password];
  throw new MesosDnsError("CREDENTIALS_UNREADABLE", `${key} ${path}: is not one line; give it user:password`);
}

function keyOf({ name }: MarathonSetting, member: string): string {
  return `lb.marathons, ${member} of ${name},`;
}
