import { describe, expect, test } from "vitest";
import { parseZkUrl } from "../../../src/config/zk-url.js";

describe("a ZooKeeper URL", () => {
  test.each([
    ["zk://192.0.2.1:2181/mesos", [{ host: "192.0.2.1", port: 2181 }], undefined, "/mesos"],
    ["zk://ZK1.example.com/mesos/dc1", [{ host: "zk1.example.com", port: 2181 }], undefined, "/mesos/dc1"],
    ["zk://[2001:db8::1]:2182/mesos", [{ host: "2001:db8::1", port: 2182 }], undefined, "/mesos"],
    ["zk://ops:s3cret@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:s3cret", "/m"],
    ["zk://ops:p@ss:w,rd@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:p@ss:w,rd", "/m"],
    ["zk://ops:100%25@192.0.2.1/m", [{ host: "192.0.2.1", port: 2181 }], "ops:100%25", "/m"],
  ])("%s has its parts, as Mesos takes them", (text, servers, credentials, path) => {
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
    ["without its scheme", "192.0.2.1:2181/mesos"],
    ["without a path", "zk://192.0.2.1:2181"],
    ["with the root as its path", "zk://192.0.2.1:2181/"],
    ["with a slash at its end", "zk://192.0.2.1:2181/mesos/"],
    ["with an empty name in its path", "zk://192.0.2.1:2181//mesos"],
    ["with a relative path", "zk://192.0.2.1:2181/mesos/../x"],
    ["with a space in its path", "zk://192.0.2.1:2181/me sos"],
    ["without a host", "zk:///mesos"],
    ["with an empty host", "zk://zk1.example,,zk2.example/mesos"],
    ["with a port there is not", "zk://192.0.2.1:99999/mesos"],
    ["with a user but no password", "zk://ops@192.0.2.1:2181/mesos"],
    ["with an empty user", "zk://:s3cret@192.0.2.1:2181/mesos"],
    ["with an empty password", "zk://ops:@192.0.2.1:2181/mesos"],
  ])("%s is none", (_, text) => {
    expect(parseZkUrl(text)).toBeUndefined();
  });
});
