import { Backends } from "../../../../src/lb/haproxy/backends.js";
import { type BuildOptions, type Built, buildBalancer } from "../../../../src/lb/haproxy/build.js";
import { renderBalancer } from "../../../../src/lb/haproxy/render.js";
import type { Json } from "../../../support/json.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { servicesIn } from "../support.js";

export const HEAD = { socket: "/run/lb.sock", stateFolder: "/run", stats: undefined, api: undefined, hardStopAfter: 0 };

export function buildOptions(options: Partial<BuildOptions> = {}): BuildOptions {
  return {
    groups: new Set(["external"]),
    http: "*:80",
    https: undefined,
    appId: "*:9091",
    certificates: [],
    groupsHttps: false,
    hostsMap: "/run/hosts.map",
    appsMap: "/run/apps.map",
    reservedPorts: new Set([80, 9_091]),
    holders: new Map(),
    gone: new Set(),
    cookieKey: "key",
    backends: new Backends(),
    ...options,
  };
}

export function build(apps: readonly Json[], options: Partial<BuildOptions> = {}): Built {
  return buildBalancer(servicesIn(apps, { allowsTemplates: false }).services, buildOptions(options));
}

/** An app of the group with one task. */
export function web(id: string, port: number, labels: Readonly<Record<string, string>> = {}, extra: Json = {}): Json {
  return app(id, {
    ports: [port],
    labels: { HAPROXY_GROUP: "external", ...labels },
    tasks: [task("192.0.2.1", [31_000 + (port % 1_000)])],
    extra,
  });
}

export function textOf(built: Built): string {
  return renderBalancer(built.balancer, HEAD);
}
