import { describe, expect, test } from "vitest";
import { SECONDARIES, type SecondaryName } from "../../../src/cli/secondaries/plan.js";
import { transferLines } from "../../../src/cli/transfer-config.js";
import { configOf } from "../config/support.js";

const KEY = { name: "ns2.example", secret: Buffer.alloc(32, 7).toString("base64") };
const COMMENT = /^(?:#|\/\/|--) /;

function linesOf(
  secondary: SecondaryName,
  keys: object = {},
  more: { key?: string; primaries?: string[] } = {},
): string[] {
  const primaries = more.primaries ?? ["192.0.2.53"];
  return [...transferLines({ secondary, ...more, primaries }, configOf({ tsigKeys: [KEY], ...keys }))];
}

/** What is said before the lines, without the signs of comments. */
function adviceOf(lines: readonly string[]): string {
  return lines
    .slice(1, lines.indexOf(""))
    .map((line) => line.replace(COMMENT, ""))
    .join(" ");
}

describe.each(SECONDARIES)("the lines for %s", (secondary) => {
  test("begin with what has to be done here, and with nothing where that is done", () => {
    expect(adviceOf(linesOf(secondary))).toBe(
      "mesos-dns refuses it until allowTransfer has its address. mesos-dns tells it of no change until notify has its address.",
    );
    const allowed = { allowTransfer: ["192.0.2.54"], notify: ["192.0.2.54"], SOARetry: 10 };
    expect(adviceOf(linesOf(secondary, allowed))).toBe("");
    expect(adviceOf(linesOf(secondary, { ...allowed, SOARetry: 600 }))).toMatch(
      /^In mesos-dns: SOARetry is 600, .*\.$/,
    );
  });

  test("say what two primaries have to have", () => {
    expect(adviceOf(linesOf(secondary, {}, { primaries: ["192.0.2.53", "192.0.2.55"] }))).toMatch(/own SOAMname.*NTP/);
  });

  test("name every zone, and the catalogue in comments alone", () => {
    const keys = { dcosNames: true, reverseZones: ["10.0.0.0/8"], catalogZone: "catalog.example" };
    const lines = linesOf(secondary, keys);
    const own = lines.filter((line) => !/^(?:#|\/\/|--)/.test(line)).join("\n");
    for (const zone of ["mesos", "thisdcos.directory", "10.in-addr.arpa"])
      expect(own).toMatch(new RegExp(`["' ]${zone}\\b`));
    expect(own).not.toContain("catalog.example");
  });

  test("have no secret", () => {
    expect(linesOf(secondary, {}, { key: "ns2.example" }).join("\n")).not.toContain(KEY.secret);
  });
});

test("with a key, that key is what mesos-dns has to know, but for Unbound, which cannot sign", () => {
  const lines = linesOf("knot", {}, { key: "ns2.example" });
  expect(adviceOf(lines)).toContain('until allowTransfer has "key:ns2.example"');
  expect(adviceOf(lines)).toContain('until notify has {"address": …, "key": "ns2.example"}');
  const allowed = { allowTransfer: ["key:ns2.example"], notify: [{ address: "192.0.2.54", key: "ns2.example" }] };
  expect(adviceOf(linesOf("bind", allowed, { key: "ns2.example" }))).toMatch(/^No other secondary may have this key/);
  expect(adviceOf(linesOf("unbound", allowed, { key: "ns2.example" }))).toContain(
    "until allowTransfer has its address",
  );
});
