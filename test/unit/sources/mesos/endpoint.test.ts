import { describe, expect, it } from "vitest";
import { formatHostPort } from "../../../../src/base/host-port.js";
import { parsePid, sameEndpoint } from "../../../../src/sources/mesos/endpoint.js";

describe("a libprocess PID", () => {
  it.each([
    ["master@192.0.2.1:5050", "192.0.2.1", 5050],
    ["slave(1)@192.0.2.10:5051", "192.0.2.10", 5051],
    ["slave(1)@[2001:db8::10]:5051", "2001:db8::10", 5051],
    ["scheduler-6d2a@host.example.com:15101", "host.example.com", 15101],
    ["odd@name@192.0.2.1:1", "192.0.2.1", 1],
  ])("%s is parsed into its host and port", (pid, host, port) => {
    expect(parsePid(pid)).toEqual({ host, port });
  });

  it.each([
    "",
    "master",
    "192.0.2.1:5050",
    "master@192.0.2.1",
    "master@:5050",
    "master@192.0.2.1:0",
    "master@192.0.2.1:65536",
    "master@2001:db8::1:5050",
    "master@a b:5050",
    "master@192.0.2.1:5050/path",
    undefined,
    null,
    5050,
    {},
  ])("%j is refused", (pid) => {
    expect(parsePid(pid)).toBeUndefined();
  });
});

describe("an endpoint", () => {
  it("is written with brackets around an IPv6 address only", () => {
    expect(formatHostPort({ host: "2001:db8::1", port: 5050 })).toBe("[2001:db8::1]:5050");
    expect(formatHostPort({ host: "192.0.2.1", port: 5050 })).toBe("192.0.2.1:5050");
  });

  it("equals one with another letter case, but not one with another port", () => {
    const master = { host: "Master.example.com", port: 5050 };
    expect(sameEndpoint(master, { host: "master.EXAMPLE.com", port: 5050 })).toBe(true);
    expect(sameEndpoint(master, { host: "master.example.com", port: 5051 })).toBe(false);
  });
});
