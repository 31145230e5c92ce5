import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import { compileZones } from "../../../src/zone/compile.js";
import { imageBytes, readImage, type ZoneImage } from "../../../src/zone/image.js";
import { SEED, zoneContent } from "../../support/zone.js";

const FINGERPRINT = '{"domain":"mesos"}';
const { shards } = compileZones([zoneContent(["web.mesos A 192.0.2.1", "_web._tcp.mesos SRV web.mesos 80"])]);
const IMAGE: ZoneImage = {
  fingerprint: FINGERPRINT,
  seed: SEED,
  serial: 1_700_000_000,
  fetchedAt: 1_699_999_999_000,
  shards,
};
const ORIGIN = ["made of", " this, ünd that\n"];
const FILE = Buffer.concat([...imageBytes(IMAGE, ORIGIN)]);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MesosDnsError) return error.code;
    throw error;
  }
  return "none";
}

describe("a zone in a file", () => {
  test("is read back as it was", () => {
    const { shards: read, origin, ...facts } = readImage(FILE, FINGERPRINT);
    const { shards: written, ...expected } = IMAGE;
    expect(facts).toEqual(expected);
    expect(Buffer.from(origin).toString()).toBe(ORIGIN.join(""));
    expect(read).toHaveLength(256);
    read.forEach((shard, i) => {
      const words = new Uint32Array(written[i]);
      expect(new Uint32Array(shard)).toEqual(words.slice(0, words[2]));
    });
  });

  test("is refused if it was cut off or changed anywhere", () => {
    fc.assert(
      fc.property(fc.nat(FILE.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const damaged = Buffer.from(FILE);
        damaged[at] ^= difference;
        expect(codeOf(() => readImage(damaged, FINGERPRINT))).toMatch(/^ZONE_FILE_(DAMAGED|FOREIGN)$/);
        expect(codeOf(() => readImage(FILE.subarray(0, at), FINGERPRINT))).toMatch(/^ZONE_FILE_(DAMAGED|FOREIGN)$/);
      }),
    );
  });

  test("is refused under another configuration, or if it is another kind of file", () => {
    expect(codeOf(() => readImage(FILE, '{"domain":"other"}'))).toBe("ZONE_FILE_FOREIGN");
    expect(codeOf(() => readImage(Buffer.from("a text of somebody's"), FINGERPRINT))).toBe("ZONE_FILE_FOREIGN");
    expect(codeOf(() => readImage(Buffer.alloc(0), FINGERPRINT))).toBe("ZONE_FILE_FOREIGN");
  });
});
