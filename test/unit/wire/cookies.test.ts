import { describe, expect, test } from "vitest";
import { Cookies } from "../../../src/wire/cookies.js";
import { sipHash } from "../../../src/wire/siphash.js";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const v4 = (...octets: number[]) => Uint8Array.from(octets);
const CLIENT = v4(198, 51, 100, 100);
const SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const V6_CLIENT = hex("20010db802200001" + "59ded0f4876982b8");

/** The cookie in the answer to `request` at `now`, and whether the server cookie of the request was valid. */
function answer(cookies: Cookies, request: string, client: Uint8Array, now: number): { cookie: string; good: boolean } {
  const message = hex(request);
  const good = cookies.answer(message, 0, message.length, client, now);
  return { cookie: Buffer.from(cookies.cookie).toString("hex"), good };
}

test("SipHash-2-4 gives the values of its authors' test vectors", () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i);
  const vectors: [number, string][] = [
    [0, "310e0edd47db6f72"],
    [1, "fd67dc93c539f874"],
    [7, "37d1018bf50002ab"],
    [8, "6224939a79f5f593"],
    [15, "e545be4961ca29a1"],
  ];
  for (const [length, expected] of vectors) {
    const input = Uint8Array.from({ length }, (_, i) => i);
    const out = new Uint8Array(8);
    sipHash(key, input, length, out, 0);
    expect(Buffer.from(out).toString("hex")).toBe(expected);
  }
});

describe("the test vectors of RFC 9018", () => {
  const cookies = new Cookies(hex(SECRET));

  test("A.1: a client learns its cookie", () => {
    expect(answer(cookies, "2464c4abcf10c957", CLIENT, 0x5cf79f11)).toEqual({
      cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
      good: false,
    });
  });

  test("A.2: the same client gets a new one later", () => {
    expect(answer(cookies, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", CLIENT, 0x5cf7a871)).toEqual({
      cookie: "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
      good: true,
    });
  });

  test("A.3: reserved octets are part of the hash even if they are not zero", () => {
    const request = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
    expect(cookies.isValid(hex(request), 0, 24, v4(203, 0, 113, 203), 0x5cf78f71 + 60)).toBe(true);
    expect(answer(cookies, request, v4(203, 0, 113, 203), 0x5cf7a9ac)).toEqual({
      cookie: "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
      good: false, // too old by then
    });
  });

  test("A.4: cookies of the previous secret are valid until that secret is removed", () => {
    const rolled = new Cookies(hex("445536bcd2513298075a5d379663c962"), hex("dd3bdf9344b678b185a6f5cb60fca715"));
    const request = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
    expect(answer(rolled, request, V6_CLIENT, 0x5cf7c609)).toEqual({
      cookie: request,
      good: true,
    });
    expect(answer(rolled, "22681ab97d52c298", V6_CLIENT, 0x5cf7c609).cookie).toBe(
      "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
    );
    expect(new Cookies(hex(SECRET)).isValid(hex(request), 0, 24, V6_CLIENT, 0x5cf7c609)).toBe(false);
  });
});

describe("a cookie", () => {
  const cookies = new Cookies(hex(SECRET));
  const NOW = 1_700_000_000;
  const { cookie } = answer(cookies, "0102030405060708", CLIENT, NOW);

  test.each([
    [0, true],
    [1799, true],
    [3600, true],
    [3601, false],
    [-300, true],
    [-301, false],
  ])("that is %i seconds old is valid: %s", (age, good) => {
    expect(answer(cookies, cookie, CLIENT, NOW + age).good).toBe(good);
  });

  test("is kept for half an hour, and then replaced", () => {
    expect(answer(cookies, cookie, CLIENT, NOW + 1799).cookie).toBe(cookie);
    expect(answer(cookies, cookie, CLIENT, NOW + 1801).cookie).not.toBe(cookie);
  });

  test("is valid for its client only, and only unchanged", () => {
    expect(answer(cookies, cookie, v4(198, 51, 100, 101), NOW).good).toBe(false);
    for (let i = 0; i < 48; i += 2) {
      const changed = cookie.slice(0, i) + (cookie[i] === "0" ? "1" : "0") + cookie.slice(i + 1);
      expect(answer(cookies, changed, CLIENT, NOW).good, `octet ${i / 2}`).toBe(false);
    }
  });

  test("of another length or version is not valid", () => {
    expect(answer(cookies, `${cookie}00`, CLIENT, NOW).good).toBe(false);
    expect(answer(cookies, cookie.slice(0, 32), CLIENT, NOW).good).toBe(false);
  });
});
