import { describe, expect, test } from "vitest";
import { maskPassword } from "../../../src/config/names.js";
import { parseZkUrl, readZkUrl } from "../../../src/config/zk-url.js";
import { failure, faultsOf, load, warningsOf } from "./support.js";

describe("a ZooKeeper URL", () => {
  test.each([
    ["zk://192.0.2.1:2181/mesos", [{ host: "192.0.2.1", port: 2181 }], undefined, "/mesos"],
    ["zk://ZK1.example.com/mesos/dc1", [{ host: "zk1.example.com", port: 2181 }], undefined, "/mesos/dc1"],
    ["zk://[2001:db8::1]:2182/mesos", [{ host: "2001:db8::1", port: 2182 }], undefined, "/mesos"],
    ["zk://ops:s3cret@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:s3cret", "/m"],
    ["zk://ops:p@ss:w,rd@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:p@ss:w,rd", "/m"],
    ["zk://192.0.2.1:2181/mesos/", [{ host: "192.0.2.1", port: 2181 }], undefined, "/mesos"],
    ["zk://192.0.2.1:2181/mesos/dc1//", [{ host: "192.0.2.1", port: 2181 }], undefined, "/mesos/dc1"],
    ["zk://zookeeper_1:2181,/mesos", [{ host: "zookeeper_1", port: 2181 }], undefined, "/mesos"],
    ["zk://ops@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], undefined, "/m"],
    ["zk://:s3cret@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], undefined, "/m"],
    ["zk://ops:@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], undefined, "/m"],
    ["zk://ops:100%25@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:100%25", "/m"],
  ])("%s is parsed as in Mesos", (text, servers, credentials, path) => {
    expect(parseZkUrl(text)).toEqual({ servers, credentials, path });
  });

  test("names each member of the ensemble once", () => {
    const hosts = parseZkUrl("zk://zk1.example,zk2.example:2182,ZK1.example:2181/mesos")?.servers;
    expect(hosts).toEqual([
      { host: "zk1.example", port: 2181 },
      { host: "zk2.example", port: 2182 },
    ]);
  });

  test.each([
    ["192.0.2.1:2181/mesos", "a URL that begins with zk://: zk://192.0.2.1:2181/mesos"],
    ["zookeeper://h1,h2/mesos", "a URL that begins with zk://: zk://h1,h2/mesos"],
    ["ZK://h1/mesos", "a URL that begins with zk://: zk://h1/mesos"],
    ["ops:s3cret@h1/mesos", "a URL that begins with zk://: zk://ops:[hidden]@h1/mesos"],
    ["localhost", "a URL that begins with zk://"],
    ["zk://h1:2181", "a path behind the servers, the one of the masters' --zk, usually zk://h1:2181/mesos"],
    ["zk://h1:2181/", "a path behind the servers, the one of the masters' --zk, usually zk://h1:2181/mesos"],
    [
      "zk://ops:s3cret@h1",
      "a path behind the servers, the one of the masters' --zk, usually zk://ops:[hidden]@h1/mesos",
    ],
    ["zk://h1:2181//mesos", "a path of names with one slash before each and no spaces, such as /mesos"],
    ["zk://h1:2181/mesos/../x", "a path of names with one slash before each and no spaces, such as /mesos"],
    ["zk://h1:2181/me sos", "a path of names with one slash before each and no spaces, such as /mesos"],
    ["zk:///mesos", "at least one server between zk:// and the path: zk://host:2181/mesos"],
    ["zk://,/mesos", "at least one server between zk:// and the path: zk://host:2181/mesos"],
    ["zk://h1,h2:abc/mesos", 'a port that is a number from 1 to 65535, 2181 unless given, not "abc"'],
    ["zk://h1:99999/mesos", 'a port that is a number from 1 to 65535, 2181 unless given, not "99999"'],
    ["zk://h1:/mesos", 'a port that is a number from 1 to 65535, 2181 unless given, not ""'],
    ["zk://2001:db8::1/mesos", "an IPv6 address in brackets: [2001:db8::1]:2181"],
    [
      "zk://h1, h2/mesos",
      'host:port, with a host name, an IPv4 address or an IPv6 address in brackets, in place of " h2"',
    ],
    [" zk://h1/mesos ", "no space before it or behind it: zk://h1/mesos"],
    ["zk://ops:s3/cret@h1:2181/mesos", "user and password before the servers, and no slash in either"],
  ])("is refused with the part that is wrong: %s", (text, fault) => {
    expect(readZkUrl(text)).toEqual({ fault, remarks: [] });
    expect(parseZkUrl(text)).toBeUndefined();
    expect(faultsOf({ zk: text })).toEqual([`zk: got ${JSON.stringify(maskPassword(text))}; allowed: ${fault}`]);
  });

  test("is one string, not a list", () => {
    expect(faultsOf({ zk: ["h1:2181", "zk://h2:2181/mesos/dc1"] })).toEqual([
      'zk: got ["h1:2181","zk://h2:2181/mesos/dc1"]; allowed: one string: zk://h1:2181,h2:2181/mesos/dc1',
    ]);
    expect(faultsOf({ zk: [7] })[0]).toMatch(/allowed: one string: zk:\/\/host:port,host:port\/path, with user/);
  });

  test("that is not used as written leads to a warning", () => {
    expect(warningsOf({ zk: "zk://h1:2181,/mesos" })).toEqual([
      "zk: the empty name of a server, before or behind a comma, is ignored",
    ]);
    expect(warningsOf({ zk: "zk://ops:@h1/mesos" })).toEqual([
      "zk: what stands before the @ is ignored: it takes a user and a password, user:password@",
    ]);
    expect(warningsOf({ zk: "zk://h1/mesos/" })).toEqual([]);
  });

  test("may be in a file, as in Mesos", () => {
    const texts: Record<string, string> = {
      "config.json": '{"zk": "file:///etc/mesos/zk"}',
      "/etc/mesos/zk": "zk://h1/mesos\n",
    };
    const readFile = (path: string) => {
      const text = texts[path];
      if (text === undefined) throw new Error("ENOENT");
      return text;
    };
    expect(load({}, { readFile }).config.zk).toBe("zk://h1/mesos");
    texts["config.json"] = '{"zk": "file:///nowhere"}';
    expect(failure(() => load({}, { readFile })).message).toContain(
      'zk: got "file:///nowhere"; allowed: a file with a zk:// URL that this user may read (ENOENT)',
    );
  });
});
