import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, type JsonObject, textOf } from "../../base/lenient.js";
import { parseHttpUrl } from "./url.js";

const MIN_KEY_BITS = 2048;

/** A DC/OS service account, as `dcos security secrets create-sa-secret` writes it. */
export interface ServiceAccount {
  readonly uid: string;
  readonly key: KeyObject;
  readonly loginEndpoint: URL;
}

/**
 * Reads `{"uid", "private_key", "login_endpoint", "scheme": "RS256"}`; Mesos-DNS calls the key `secret`, which is
 * accepted too. Throws MesosDnsError CREDENTIALS_UNREADABLE.
 * @param setting the key that names the file, for the message
 */
export function readServiceAccount(setting: string, path: string): ServiceAccount {
  const where = `${setting} ${path}`;
  try {
    return parseServiceAccount(where, readFileSync(path, "utf8"));
  } catch (error) {
    throw error instanceof MesosDnsError ? error : unusable(where, `cannot be read (${messageOf(error)})`);
  }
}

/** As readServiceAccount(), from its text. @param where the text is from, for the message */
export function parseServiceAccount(where: string, text: string): ServiceAccount {
  const fields = parseObject(text);
  if (fields === undefined) throw unusable(where, "is not a JSON object");
  const uid = textOf(fields.uid);
  if (uid === "") throw unusable(where, '"uid" is missing');
  if (fields.scheme !== undefined && fields.scheme !== "RS256") throw unusable(where, '"scheme" is not RS256');
  const loginEndpoint = parseHttpUrl(textOf(fields.login_endpoint));
  if (loginEndpoint === undefined) throw unusable(where, '"login_endpoint" is not an http or https URL');
  const key = privateKeyIn(textOf(fields.private_key) || textOf(fields.secret));
  if (key === undefined)
    throw unusable(where, '"private_key" is not an RSA private key of 2048 bits or more in PEM form');
  return { uid, key, loginEndpoint };
}

function unusable(where: string, what: string): MesosDnsError {
  return new MesosDnsError("CREDENTIALS_UNREADABLE", `${where}: ${what}; give it a DC/OS service account`);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    return isObject(fields) ? fields : undefined;
  } catch {
    // The message of JSON.parse quotes the text, which holds a private key.
    return undefined;
  }
}

/**
 * `undefined` for anything but an RSA key that RS256 allows (RFC 7518, section 3.3). Drops the crypto library's message: it may
 * quote the key.
 */
function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === "rsa" && bits >= MIN_KEY_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}
