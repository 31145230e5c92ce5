import { html, raw } from "hono/html";
import { LIST_PATH, NODES_PATH } from "./catalog/paths.js";
import type { ApiContext } from "./context.js";

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  th { text-align: left; font-weight: normal; color: #51606f; padding-right: 2rem; vertical-align: top; }
  td { font-variant-numeric: tabular-nums; } code { font-size: .95em; }
  .ready { color: #0a6b3d; } .unready { color: #a3231a; }
  @media (prefers-color-scheme: dark) {
    body { background: #14191f; color: #dde4ea; } th { color: #93a1af; } a { color: #7fb4ff; }
    .ready { color: #59c98f; } .unready { color: #ff8a80; }
  }`;

const LINKS = [
  ["/v1/version", "name and version"],
  ["/v1/config", "the configuration in effect, secrets masked"],
  ["/v1/forward", "the resolvers for names outside the domain, and the cache"],
  ["/metrics", "metrics for Prometheus"],
  ["/healthz", "whether the process works"],
  ["/readyz", "whether it has current names to serve"],
] as const;

const LISTINGS = [
  ["/v1/enumerate", "every running task with its records"],
  ["/v1/axfr", "the whole zone"],
] as const;

const CATALOG = [
  [LIST_PATH, "the services of the cluster"],
  [NODES_PATH, "its agents"],
] as const;

const UPDATES = {
  off: "polling",
  connected: "the master's events",
  disconnected: "polling; the master's events are lost",
  unsupported: "polling; the master has no events to give",
} as const;

/** `GET /plain`, and `GET /` without a console: the server's condition, and links to more. @param reasons why the server is not ready; empty if it is */
export function page(context: ApiContext, reasons: readonly string[], notes: readonly string[]) {
  const { domain } = context.config();
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Mesos-DNS: ${domain}</title>
    <style>${raw(STYLE)}</style>
  </head>
  <body>
    ${plainContent(context, reasons, notes)}
  </body>
</html>
`;
}

/** What the page says, without scripts and styles. */
export function plainContent(context: ApiContext, reasons: readonly string[], notes: readonly string[]) {
  const { EnumerationOn, domain, console: hasConsole } = context.config();
  const leader = `leader.${domain}.`;
  const links = [
    ...(hasConsole ? [["/", "the console"]] : []),
    ...LINKS,
    ...(EnumerationOn ? LISTINGS : []),
    ...(context.catalog.state === "off" ? [] : CATALOG),
    [`/v1/explain?q=${leader}`, "why a name, a task or an address is answered as it is"],
    [`/v1/hosts/${leader}`, "the addresses of a name"],
    [`/v1/hosts/${leader}/ports`, "the ports of a host"],
    [`/v1/services/_leader._tcp.${domain}.`, "the hosts and ports of a service"],
  ];
  return html`<h1>Mesos-DNS ${context.version}</h1>
    ${readiness(reasons)}
    ${notes.map((note) => html`<p>Note: ${note}.</p>`)}
    <table>${facts(context).map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</table>
    <h2>Where to look</h2>
    <table>${links.map(([path, what]) => html`<tr><th><a href="${path}">${path}</a></th><td>${what}</td></tr>`)}</table>`;
}

function readiness(reasons: readonly string[]) {
  if (reasons.length === 0) return html`<p class="ready">Ready.</p>`;
  return html`<p class="unready">Not ready:</p><ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function facts(context: ApiContext): [name: string, value: string | number][] {
  const { build, live } = context.status();
  const domain: [string, string] = ["Domain", context.config().domain];
  if (!build) return [domain];
  return [
    domain,
    ["Leading master", build.leader],
    ["Updates", UPDATES[live.stream.status]],
    ["State fetched", `${Math.max(0, Math.round((context.now() - build.fetchedAt) / 1000))} s ago`],
    ["Serial", build.serial],
    ["Names", build.names],
    ["Records", build.records],
    ["Frameworks", build.frameworks],
    ["Running tasks", build.tasks],
    ["Agents", build.agents],
    ["Left out", build.skipped.length],
  ];
}
