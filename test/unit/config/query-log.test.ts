import { describe, expect, test } from "vitest";
import { configOf, faultsOf } from "./support.js";

const FILE = "/var/log/mesos-dns/queries";

describe("queryLog", () => {
  test("is off, whatever else is set", () => {
    expect(configOf().queryLog.format).toBe("off");
    expect(configOf({ queryLog: { file: FILE, socket: "/run/dnstap.sock" } }).queryLog.format).toBe("off");
  });

  test("takes a file or a socket for dnstap, and a file or standard output for JSON", () => {
    for (const queryLog of [
      { format: "dnstap", file: FILE },
      { format: "dnstap", socket: "/run/dnstap.sock" },
      { format: "json", file: FILE },
      { format: "json", file: "-" },
    ])
      expect(configOf({ queryLog }).queryLog).toMatchObject(queryLog);
  });

  test.each([
    [{ format: "dnstap" }, 'queryLog.socket: got ""; allowed: one of queryLog.file and queryLog.socket'],
    [{ format: "dnstap", file: FILE, socket: "/s" }, 'queryLog.socket: got "/s"; allowed: one of'],
    [{ format: "dnstap", file: "-" }, 'queryLog.file: got "-"; allowed: the path of a file: dnstap is no text'],
    [{ format: "dnstap", socket: "/".repeat(108) }, "a path of at most 107 octets"],
    [{ format: "json" }, 'queryLog.file: got ""; allowed: the path of a file'],
    [{ format: "json", file: FILE, socket: "/s" }, 'queryLog.socket: got "/s"; allowed: an empty string'],
    [{ sample: 0 }, "queryLog.sample: got 0; allowed: a number from 0.000001 to 1"],
    [{ types: ["NOPE"] }, 'queryLog.types[0]: got "NOPE"; allowed: a type such as A, SRV or TYPE65280'],
    [{ types: ["TYPE65536"] }, 'queryLog.types[0]: got "TYPE65536"'],
    [{ rcodes: ["OOPS"] }, 'queryLog.rcodes[0]: got "OOPS"; allowed: one of NOERROR, FORMERR'],
  ])("refuses %j", (queryLog, fault) => {
    expect(faultsOf({ queryLog })).toEqual([expect.stringContaining(fault)]);
  });

  test("reads types and rcodes in any letter case, and zones as names", () => {
    const queryLog = { types: ["aaaa", "type65280"], rcodes: ["nxdomain"], names: ["Marathon.Mesos."] };
    expect(configOf({ queryLog }).queryLog).toMatchObject({
      types: ["AAAA", "TYPE65280"],
      rcodes: ["NXDOMAIN"],
      names: ["marathon.mesos"],
    });
  });
});
