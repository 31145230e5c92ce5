import fc from "fast-check";
import { expect, test } from "vitest";
import { readKeyStatements } from "../../../src/config/key-statements.js";

const SECRET = Buffer.alloc(32, 7).toString("base64");

test("the output of tsig-keygen is read, with comments, several keys, and names with or without quotes", () => {
  const text = `// of ns2
key "NS2.example" {
\talgorithm hmac-sha256;
\tsecret "${SECRET}";
};
/* and
   another */
key ns3.example. { secret "AQID"; algorithm "HMAC-SHA512."; };  # the last one
`;
  expect(readKeyStatements(text)).toEqual({
    keys: [
      { name: "ns2.example", algorithm: "hmac-sha256", secret: new Uint8Array(32).fill(7) },
      { name: "ns3.example", algorithm: "hmac-sha512", secret: Uint8Array.of(1, 2, 3) },
    ],
    faults: [],
  });
  expect(readKeyStatements("")).toEqual({ keys: [], faults: [] });
});

test("every fault is named with its line, and no secret is repeated", () => {
  const text = `key a { algorithm hmac-md5; secret "${SECRET}"; };
key b { algorithm hmac-sha256; secret "${SECRET}?"; };

key "c d" { algorithm hmac-sha256; secret "${SECRET}"; };
key e { secret "${SECRET}"; };
zone "mesos" { type primary; };`;
  const { keys, faults } = readKeyStatements(text);
  expect(keys).toEqual([]);
  expect(faults).toEqual([
    "line 1: the algorithm of a is not one of hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512",
    "line 2: the secret of b is not Base64, as tsig-keygen prints it",
    "line 4: the key's name is not a domain name",
    "line 5: the algorithm of e is not one of hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512",
    'line 6: allowed: key "NAME" { algorithm …; secret "…"; };',
  ]);
  expect(faults.join()).not.toContain(SECRET);
});

test("a file that ends in a statement has a fault, whatever stands there", () => {
  for (const text of ["key", "key a", "key a {", 'key a { secret "', "secret", "};", SECRET])
    expect(readKeyStatements(text).faults, text).toHaveLength(1);
});

test("any text has keys or faults, and harms nothing", () => {
  const word = fc.constantFrom(
    "key ",
    "a",
    "{",
    "}",
    ";",
    '"',
    "algorithm ",
    "hmac-sha256",
    "secret ",
    "AQID",
    "/*",
    "//",
    "#",
    "\n",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
      ),
      (text) => {
        const { keys, faults } = readKeyStatements(text);
        for (const { name, secret } of keys) expect([name.length > 0, secret.length > 0]).toEqual([true, true]);
        for (const fault of faults) expect(fault).toMatch(/^line \d+: /);
      },
    ),
    { numRuns: 5_000 },
  );
});
