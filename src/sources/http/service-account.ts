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
 */
export function readServiceAccount(path: string): ServiceAccount {
  const unusable = (what: string) =>
    new MesosDnsError("CREDENTIALS_UNREADABLE", `IAMConfigFile ${path}: ${what}; give it a DC/OS service account`);
  const fields = parseAccount(path, unusable);
  const uid = textOf(fields.uid);
  if (uid === "") throw unusable('"uid" is missing');
  if (fields.scheme !== undefined && fields.scheme !== "RS256") throw unusable('"scheme" is not RS256');
  const loginEndpoint = parseHttpUrl(textOf(fields.login_endpoint));
  if (loginEndpoint === undefined) throw unusable('"login_endpoint" is not an http or https URL');
  const key = privateKeyIn(textOf(fields.private_key) || textOf(fields.secret));
  if (key === undefined) throw unusable('"private_key" is not an RSA private key of 2048 bits or more in PEM form');
  return { uid, key, loginEndpoint };
}

function parseAccount(path: string, unusable: (what: string) => MesosDnsError): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw unusable(`cannot be read (${messageOf(error)})`);
  }
  try {
    const fields: unknown = JSON.parse(text);
    if (isObject(fields)) return fields;
  } catch {
    // The message of JSON.parse quotes the text, which holds a private key.
  }
  throw unusable("is not a JSON object");
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
