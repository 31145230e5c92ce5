import { describe, expect, test } from "vitest";
import { MarathonLbFiles } from "../../../../src/lb/file-formats/marathon-lb.js";
import { Templates } from "../../../../src/lb/marathon-lb/templates.js";
import type { Json } from "../../../support/json.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { servicesIn } from "../support.js";

const LABELS = { HAPROXY_GROUP: "external", HAPROXY_0_MODE: "http" };

function make(apps: readonly Json[], allowsTemplates = false) {
  const format = new MarathonLbFiles(
    {
      templates: new Templates(new Map()),
      render: {
        groups: new Set(["external"]),
        folder: "/etc/haproxy",
        usesMaps: false,
        bindsHttp: true,
        groupsHttps: false,
        certificates: ["/etc/ssl/cert.pem"],
      },
      maps: { hosts: "/etc/haproxy/hosts.map", apps: "/etc/haproxy/apps.map" },
      allowsTemplates,
    },
    [],
  );
  const { content, carried } = format.make(servicesIn(apps, { allowsTemplates }));
  return { text: content.text, refused: carried.refused.map(({ appId, reason }) => `${appId}: ${reason}`) };
}

const web = (id: string, labels = {}, extra = {}) =>
  app(id, { labels: { ...LABELS, ...labels }, tasks: [task("192.0.2.1", [31_000])], extra });

describe("without templates in labels, a label that is more than words is refused:", () => {
  test.each([
    ["VHOST", "a.example.com } || { always_true"],
    ["VHOST", "-f /etc/passwd"],
    ["VHOST", 'a.example.com"'],
    ["PATH", "-f /etc/passwd"],
    ["PATH", "/a\\"],
    ["BIND_OPTIONS", "ssl #"],
    ["BALANCE", "roundrobin 'a"],
    ["AUTH", "realm if TRUE #:user:password"],
    ["AUTH", "realm:user:pass word"],
    ["HTTP_BACKEND_REDIR", "/a if TRUE"],
    ["BACKEND_NETWORK_ALLOWED_ACL", "192.0.2.0/24 {"],
  ])("%s %s", (name, value) => {
    const { text, refused } = make([
      web("/bad", { HAPROXY_0_VHOST: "b.example.com", [`HAPROXY_0_${name}`]: value }),
      web("/good"),
    ]);
    expect(refused).toEqual([expect.stringContaining(`/bad: ${name}`)]);
    expect(text).toContain("backend good_10000");
    expect(text).not.toContain("bad");
  });

  test("the path of a health check as well", () => {
    const healthChecks = [{ protocol: "HTTP", path: "/\nfrontend x", portIndex: 0 }];
    const { text, refused } = make([web("/bad", {}, { healthChecks })]);
    expect(refused).toEqual([expect.stringContaining("/bad: the path of its health check")]);
    expect(text).not.toContain("frontend x");
  });
});

test("what marathon-lb's users write is taken", () => {
  const labels = {
    HAPROXY_0_VHOST: "www.example.com,*.example.org,example.net:8080",
    HAPROXY_0_PATH: "-i /shop /blog",
    HAPROXY_0_AUTH: "my_realm:user:$5$salt$abc./",
    HAPROXY_0_BIND_OPTIONS: "ssl crt /etc/ssl/a.pem no-sslv3 ciphers AES128-SHA256:!aNULL",
    HAPROXY_0_BALANCE: "hdr(X-User) consistent",
    HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: "127.0.0.1/8 192.0.2.0/24",
  };
  expect(make([web("/web", labels)]).refused).toEqual([]);
});

test("where labels may be templates, nothing is refused for its words", () => {
  expect(make([web("/web", { HAPROXY_0_VHOST: "a.example.com } || { always_true" })], true).refused).toEqual([]);
});
