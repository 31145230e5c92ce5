import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

/** A key and a self-signed certificate in PEM form, for 127.0.0.1, as server and as client. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const body = toBeSigned(createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" }));
  const signature = sign("sha256", body, privateKey);
  const der = sequence(body, ECDSA_WITH_SHA256, element(0x03, Buffer.of(0), signature));
  const base64 = der.toString("base64").replace(/.{1,64}/g, "$&\n");
  return { key, cert: `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n` };
}

/** An ASN.1 element in DER (X.690): tag, length, content. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(content);
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), value]);
}

const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
const ECDSA_WITH_SHA256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");
const DAY_MS = 86_400_000;

/** TBSCertificate (RFC 5280, section 4.1). */
function toBeSigned(publicKey: Buffer): Buffer {
  const version3 = element(0xa0, element(0x02, Buffer.of(2)));
  const serial = element(0x02, Buffer.of(1));
  const name = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from("test master")))));
  const validity = sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS));
  const loopback = sequence(element(0x87, Buffer.of(127, 0, 0, 1)));
  const isCa = sequence(element(0x01, Buffer.of(0xff)));
  const extensions = element(
    0xa3,
    sequence(
      sequence(SUBJECT_ALT_NAME, element(0x04, loopback)),
      sequence(BASIC_CONSTRAINTS, element(0x01, Buffer.of(0xff)), element(0x04, isCa)),
    ),
  );
  return sequence(version3, serial, ECDSA_WITH_SHA256, name, validity, name, publicKey, extensions);
}

/** UTCTime: YYMMDDHHMMSSZ. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}
