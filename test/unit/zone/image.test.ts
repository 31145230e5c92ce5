import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import { compileZones } from "../../../src/zone/compile.js";
import { type ImageFile, imageBytes, readImage, readOrigin, type ZoneImage } from "../../../src/zone/image.js";
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

/** A file in memory, which refuses to read behind its end. */
function fileOf(bytes: Uint8Array): ImageFile {
  const read: ImageFile["read"] = async (into, at) => {
    let from = at;
    for (const view of into) {
      if (from + view.length > bytes.length) throw new Error("this is not in the file");
      view.set(bytes.subarray(from, from + view.length));
      from += view.length;
    }
  };
  return { size: bytes.length, read };
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
  } catch (error) {
    if (error instanceof MesosDnsError) return error.code;
    throw error;
  }
  return "none";
}

/** What becomes of the zone, and of the text behind it. */
async function codesOf(bytes: Uint8Array, fingerprint = FINGERPRINT): Promise<string[]> {
  const file = fileOf(bytes);
  return [await codeOf(readImage(file, fingerprint)), await codeOf(readOrigin(file, fingerprint))];
}

const REFUSED = /^ZONE_FILE_(DAMAGED|FOREIGN)$/;
const originSize = Buffer.byteLength(ORIGIN.join("")) + 4;

describe("a zone in a file", () => {
  test("is read back as it was, into shared memory", async () => {
    const { shards: read, ...facts } = await readImage(fileOf(FILE), FINGERPRINT);
    const { shards: written, ...expected } = IMAGE;
    expect(facts).toEqual(expected);
    expect(read).toHaveLength(256);
    read.forEach((shard, i) => {
      const words = new Uint32Array(written[i]);
      expect(shard).toBeInstanceOf(SharedArrayBuffer);
      expect(new Uint32Array(shard)).toEqual(words.slice(0, words[2]));
    });
  });

  test("has the text that it was built from behind it", async () => {
    expect(Buffer.from(await readOrigin(fileOf(FILE), FINGERPRINT)).toString()).toBe(ORIGIN.join(""));
    const none = fileOf(Buffer.concat([...imageBytes(IMAGE, [])]));
    expect(await readOrigin(none, FINGERPRINT)).toHaveLength(0);
  });

  test("is refused if it was changed anywhere, and only what was changed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(FILE.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const damaged = Buffer.from(FILE);
        damaged[at] ^= difference;
        const [zone, origin] = await codesOf(damaged);
        if (at >= FILE.length - originSize) expect([zone, origin]).toEqual(["none", "ZONE_FILE_DAMAGED"]);
        else expect(zone).toMatch(REFUSED);
      }),
    );
  });

  test("is refused if it was cut off anywhere, and only what was cut off", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(FILE.length - 1), async (size) => {
        const [zone, origin] = await codesOf(FILE.subarray(0, size));
        expect(origin).toMatch(REFUSED);
        if (size < FILE.length - originSize) expect(zone).toMatch(REFUSED);
      }),
    );
  });

  test("is refused under another configuration, or if it is another kind of file or of another version", async () => {
    const both = (code: string) => [code, code];
    expect(await codesOf(FILE, '{"domain":"other"}')).toEqual(both("ZONE_FILE_FOREIGN"));
    for (const text of ["a text of somebody's", "", "mesos-dns zone image 2\nand what had that format"]) {
      expect(await codesOf(Buffer.from(text))).toEqual(both("ZONE_FILE_FOREIGN"));
    }
  });

  test("takes no more memory than the file has, whatever its header says", async () => {
    const header = Buffer.from(FILE);
    header.writeUInt32BE(0xffff_ffff, FILE.indexOf("\n") + 1);
    expect(await codesOf(header)).toEqual(["ZONE_FILE_DAMAGED", "ZONE_FILE_DAMAGED"]);
  });
});
