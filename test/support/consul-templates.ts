import type { Instance, Pair, Template } from "./consul-template.js";

/** A user's template that makes HAProxy's configuration of the services that are tagged `rest`. */
export async function haproxyConfig(template: Template): Promise<string> {
  const maxconn = (await template.key("service/haproxy/maxconn")) ?? "4096";
  const own = await template.ls("service/haproxy/timeouts");
  const timeouts = own.map(({ key, value }) => `\n    timeout ${key} ${value}`).join("");
  const services = await template.services();
  const rest = services.flatMap(([name, tags], i) => (tags.includes("rest") ? [{ name, i }] : []));
  const uses = services.map(([, tags], i) =>
    tags.includes("rest") ? `\n    use_backend srvs_app${i} if app${i}` : "",
  );
  const backends = await Promise.all(rest.map(({ name, i }) => backend(template, name, i)));
  return `global
    log 127.0.0.1   local0
    log 127.0.0.1   local1 notice
    debug
    stats timeout 30s
    maxconn ${maxconn}
defaults
    log global
    option httplog
    option dontlognull
    mode http${timeouts || "\n    timeout connect 5000\n    timeout client  50000\n    timeout server  50000"}
frontend http-in
    bind *:80${rest.map(({ name, i }) => `\n    acl app${i} path_beg -i /${name}`).join("")}
    ${uses.join("")}
${backends.join("")}
listen stats *:1936
    stats enable
    stats uri /
    stats hide-version
    stats auth someuser:password
`;
}

async function backend(template: Template, name: string, i: number): Promise<string> {
  const servers = await template.service(name);
  return `
backend srvs_app${i}
    mode http
    balance roundrobin
    option forwardfor
    option httpchk HEAD / HTTP/1.1\\r\\nHost:localhost
    reqrep ^([^\\ ]*\\ /)${name}[/]?(.*)     \\1\\2${servers
      .map(({ service }, c) => `\n    server host${c} ${service.Address}:${service.Port} check`)
      .join("")}`;
}

/** The same configuration for HAProxy 2.1 and later, which know neither `reqrep` nor `debug`, and want `bind` in a line of its own. */
export function modern(config: string, port: number): string {
  return config
    .replace("    debug\n", "")
    .replace("bind *:80", `bind 127.0.0.1:${port}`)
    .replaceAll(/reqrep \^\(\[\^\\ \]\*\\ \/\)(.*)\[\/\]\?.*/g, "http-request replace-path /$1/?(.*) /\\1")
    .replaceAll(
      /option httpchk HEAD .*/g,
      "option httpchk\n    http-check send meth HEAD uri / ver HTTP/1.1 hdr Host localhost",
    )
    .replace(/listen stats[\s\S]*/, "");
}

const lines = <T>(items: readonly T[], text: (item: T) => string) => items.map((item) => `\n  ${text(item)}`).join("");
const idOf = ({ service }: Instance) => service.ID;
const pairText = ({ key, value }: Pair) => `${key}=${value}`;

/** A template that uses most of consul-template's functions. */
export async function functionsText(template: Template): Promise<string> {
  const ofAll = (await template.nodes()).filter(({ Node: name }) => name !== "consul-ref");
  const third = await template.node("agent-3-example-com");
  const on = third.services.filter(({ Service }) => Service !== "many");
  const services = (await template.services()).filter(([name]) => name !== "consul" && name !== "mesos");
  const [web, any, many] = [
    await template.service("web"),
    await template.service("web", "any"),
    await template.service("many"),
  ];
  const tags = [...new Set(any.flatMap((each) => each.tags))].toSorted();
  const list = async (...what: Parameters<Template["service"]>) => lines(await template.service(...what), idOf);
  const [dual, six] = [await template.service("dual"), await template.service("six")];
  const addressOf = ({ service }: Instance) => `${service.Address}:${service.Port}`;
  return `datacenters ${(await template.datacenters()).join(" ")}
nodes${lines(ofAll, (each) => `${each.Node} ${each.Address} ${each.Datacenter} lan=${each.TaggedAddresses.lan} rack=${each.Meta.rack ?? ""}`)}
node ${third.node.Node} ${third.node.Address}${lines(on, (each) => `${each.Service} ${each.ID} ${each.Address}:${each.Port} ${each.Tags.toSorted().join(",")}`)}
services${lines(services, ([name, list]) => `${name} ${list.join(",")}`)}
web (passing)${lines(web, webText)}
web (any)${lines(any, (each) => `${idOf(each)} ${each.status}`)}
web (critical)${lines(await template.service("web", "critical"), (each) => `${idOf(each)} ${each.status}`)}
web (passing,critical)${await list("web", "passing,critical")}
v2.web (any)${await list("web", "any", "v2")}
web@dc1${await list("web")}
down${(await list("down")) || " none"}
nope${(await list("nope")) || " none"}
by tag${lines(
    tags,
    (tag) =>
      `${tag}: ${any
        .filter((each) => each.tags.includes(tag))
        .map(idOf)
        .join(" ")}`,
  )}
many ${many.length}${many.map(({ service }) => ` ${service.Address}`).join("")}
dual ${dual.map(addressOf).join(" ")}
six ${six.map((each) => `${addressOf(each)} at ${each.node.Address}`).join(" ")}
plus
key ${await template.key("app/name")}
keyExists ${(await template.key("app/name")) !== undefined} ${(await template.key("app/nothing")) !== undefined}
keyOrDefault ${(await template.key("app/nothing")) ?? "default"}
ls${lines(await template.ls("app"), pairText)}
tree${lines(await template.tree("app"), pairText)}
explode ${(await template.tree("app")).find(({ key }) => key === "dir/sub/y")?.value}
json ${JSON.parse((await template.key("app/json")) ?? "{}").limit}
`;
}

function webText({ node, service, status, tags, checks }: Instance): string {
  const task = service.Meta["mesos-task-id"];
  const states = checks.map(({ CheckID, Status }) => `${CheckID}=${Status} `).join("");
  return `${node.Node} ${node.Address} ${service.ID} ${service.Service} ${service.Address}:${service.Port} ${status} ${tags.join(",")} task=${task} rack=${node.Meta.rack ?? ""} checks=${states}`;
}
