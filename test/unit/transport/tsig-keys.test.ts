import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTsigKeys } from "../../../src/transport/tsig-keys.js";
import { configOf, failure } from "../config/support.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

const OCTETS = new Uint8Array(32).fill(7);
const SECRET = Buffer.from(OCTETS).toString("base64");

function file(name: string, text: string, mode = 0o640): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const statement = (name: string, secret = SECRET) => `key "${name}" { algorithm hmac-sha512; secret "${secret}"; };\n`;

test("keys come from the configuration, from files of a secret each, and from a file of statements", () => {
  const tsigKeys = [
    { name: "a", secret: SECRET },
    { name: "b", algorithm: "hmac-sha384", secretFile: file("b.key", `${SECRET}\n`) },
  ];
  const tsigKeyFile = file("keys", statement("c"));
  expect(readTsigKeys(configOf({ tsigKeys, tsigKeyFile, allowTransfer: ["key:c"] }))).toEqual({
    keys: [
      { name: "a", algorithm: "hmac-sha256", secret: OCTETS },
      { name: "b", algorithm: "hmac-sha384", secret: OCTETS },
      { name: "c", algorithm: "hmac-sha512", secret: OCTETS },
    ],
    warnings: [],
  });
});

test("a file that everybody may read, and a weak key in one, get a warning", () => {
  const tsigKeys = [{ name: "b", secretFile: file("weak.key", "AQID", 0o644) }];
  const tsigKeyFile = file("weak-keys", statement("c", "AQID"), 0o604);
  const { warnings } = readTsigKeys(configOf({ tsigKeys, tsigKeyFile }));
  expect(warnings).toEqual([
    expect.stringMatching(/^tsigKeys\[0\]\.secretFile .*weak\.key may be read by everybody: chmod o-r /),
    "tsigKeys[0]: b has a secret of 3 octets: 16 are the least for hmac-sha256, make one with tsig-keygen",
    expect.stringMatching(/^tsigKeyFile .*weak-keys may be read by everybody/),
    expect.stringMatching(/: c has a secret of 3 octets: 32 are the least for hmac-sha512/),
  ]);
});

test("every fault in these files is reported at once, without a secret", () => {
  const tsigKeys = [
    { name: "a", secretFile: join(folder, "missing.key") },
    { name: "b", secretFile: file("bad.key", `${SECRET}?`) },
    { name: "c", secret: SECRET },
  ];
  const tsigKeyFile = file("bad-keys", `${statement("c")}${statement("d", "?")}`);
  const error = failure(() => readTsigKeys(configOf({ tsigKeys, tsigKeyFile })));
  expect(error.code).toBe("CREDENTIALS_UNREADABLE");
  expect(error.message.split("\n")).toEqual([
    expect.stringMatching(/^cannot read tsigKeys\[0\]\.secretFile .*missing\.key .*see that the file is there/),
    expect.stringMatching(/^tsigKeys\[1\]\.secretFile .*bad\.key has no secret in Base64/),
    expect.stringMatching(/^tsigKeyFile .*bad-keys, line 2: the secret of d is not Base64/),
    "the key c stands twice, in tsigKeys and tsigKeyFile: give each name once",
  ]);
  expect(error.message).not.toContain(SECRET);
});

test("a key that is named and is nowhere is a fault, once the file of keys has been read", () => {
  const tsigKeyFile = file("some-keys", statement("c"));
  const notify = [{ address: "10.0.0.5", key: "d" }];
  expect(failure(() => readTsigKeys(configOf({ tsigKeyFile, notify }))).message).toBe('notify[0]: got "d"; allowed: c');
});
