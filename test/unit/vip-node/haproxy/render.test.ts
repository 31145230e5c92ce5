import { describe, expect, it } from "vitest";
import { serviceOfBackend, serviceOfFrontend } from "../../../../src/vip-node/haproxy/names.js";
import {
  descriptorsFor,
  type HaproxySettings,
  parseConfig,
  renderConfig,
} from "../../../../src/vip-node/haproxy/render.js";
import type { Service } from "../../../../src/vip-node/model.js";

const SETTINGS: HaproxySettings = { runDir: "/run/vips", maxConnections: 1_000, drainSeconds: 0 };
const IPV4: Service = {
  name: "tcp:192.0.2.1:6379",
  protocol: "tcp",
  address: "192.0.2.1",
  port: 6379,
  targets: [
    { ip: "198.51.100.1", port: 31_000, weight: 1 },
    { ip: "198.51.100.2", port: 31_001, weight: 0 },
  ],
};
const IPV6: Service = {
  name: "tcp:[2001:db8::1]:80",
  protocol: "tcp",
  address: "2001:db8::1",
  port: 80,
  targets: [{ ip: "2001:db8::2", port: 8080, weight: 256 }],
};

describe("the configuration", () => {
  it("has a frontend and a backend a service, and brackets only in addresses", () => {
    const text = renderConfig([IPV4, IPV6], SETTINGS);
    expect(text.slice(text.indexOf("frontend"))).toBe(`frontend tcp:192.0.2.1:6379:in
  bind 192.0.2.1:6379
  default_backend tcp:192.0.2.1:6379
backend tcp:192.0.2.1:6379
  server 198.51.100.1:31000 198.51.100.1:31000 weight 1
  server 198.51.100.2:31001 198.51.100.2:31001 weight 0
frontend tcp:2001:db8::1:80:in
  bind [2001:db8::1]:80
  default_backend tcp:2001:db8::1:80
backend tcp:2001:db8::1:80
  server 2001:db8::2:8080 [2001:db8::2]:8080 weight 256
`);
  });

  it("cuts connections of workers that were replaced only if that is wanted", () => {
    expect(renderConfig([], SETTINGS)).not.toContain("hard-stop-after");
    expect(renderConfig([], { ...SETTINGS, drainSeconds: 30 })).toContain("\n  hard-stop-after 30s\n");
  });

  it("is read back as it was written, and what is not ours is left out", () => {
    const services = [IPV4, IPV6, { ...IPV4, name: "tcp:192.0.2.2:6379", address: "192.0.2.2", targets: [] }];
    expect(parseConfig(renderConfig(services, SETTINGS))).toEqual(services);
    const strange = "frontend web\n  server a 192.0.2.9:1 weight 1\nfrontend tcp:192.0.2.1:99999:in\n";
    expect(parseConfig(strange)).toEqual([]);
    const damaged = renderConfig([IPV4], SETTINGS).replace("weight 1", "weight");
    expect(parseConfig(damaged)).toEqual([{ ...IPV4, targets: IPV4.targets.slice(1) }]);
  });

  it("needs two file descriptors a connection, one a service, and some more", () => {
    expect(descriptorsFor(SETTINGS, 10)).toBe(2_510);
  });
});

it.each([
  "web",
  "tcp:",
  "tcp:192.0.2.1",
  "tcp:192.0.2.1:0",
  "tcp:192.0.2.1:65536",
  "udp:192.0.2.1:53",
  "tcp:2001:DB8::1:80",
  "tcp:host:80",
])("%s is no name of ours", (name) => {
  expect(serviceOfBackend(name)).toBeUndefined();
  expect(serviceOfFrontend(`${name}:in`)).toBeUndefined();
});
