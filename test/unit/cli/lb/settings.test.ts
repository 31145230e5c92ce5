import { describe, expect, test } from "vitest";
import { parseLbFlags } from "../../../../src/cli/lb/flags.js";
import { ownSettings, withFlags } from "../../../../src/cli/lb/settings.js";
import { configOf } from "../../config/support.js";

const URL = "http://marathon.example.com:8080";

function runWith(words: readonly string[], lb: object = {}) {
  const flags = parseLbFlags(words);
  return ownSettings(flags, withFlags(flags, configOf({ lb }).lb));
}

describe("lb run by its command line alone", () => {
  test("keeps its HAProxy to its own folder, and needs no certificate", () => {
    const { haproxy, vhosts, groups, marathons } = runWith(["-m", URL, "--group", "external"]);
    expect([haproxy.configFile, haproxy.manage, vhosts.certificates]).toEqual(["", true, []]);
    expect([groups, marathons.map(({ urls }) => urls)]).toEqual([["external"], [[URL]]]);
  });

  test("takes a file and certificates that it is told", () => {
    const words = ["-m", URL, "--group", "*", "--haproxy-config", "/etc/lb.cfg", "--ssl-certs", "/a.pem,/b.pem"];
    const { haproxy, vhosts } = runWith(words);
    expect([haproxy.configFile, vhosts.certificates]).toEqual(["/etc/lb.cfg", ["/a.pem", "/b.pem"]]);
  });

  test("writes the system's file where it is told how that is reloaded", () => {
    const { haproxy } = runWith(["-m", URL, "--group", "*", "--command", "systemctl reload haproxy"]);
    expect(haproxy).toMatchObject({
      configFile: "/etc/haproxy/haproxy.cfg",
      manage: false,
      reloadCommand: ["systemctl", "reload", "haproxy"],
    });
  });

  test("does not begin if it would carry nothing", () => {
    expect(() => runWith(["-m", URL])).toThrow('name at least one --group, or "*" for all');
  });

  test("is what a configuration says, if there is one", () => {
    const lb = { groups: ["internal"], haproxy: { configFile: "/etc/own.cfg" }, vhosts: { certificates: ["/c.pem"] } };
    const { haproxy, vhosts, groups } = runWith(["--config", "config.json"], lb);
    expect([haproxy.configFile, vhosts.certificates, groups]).toEqual(["/etc/own.cfg", ["/c.pem"], ["internal"]]);
  });
});
