/** An app as it is given to Marathon: JSON of which only that is looked at which concerns a deployment. */
import { MesosDnsError } from "../../base/errors.js";
import { isObject, type JsonObject, listOf, textOf } from "../../base/lenient.js";

/** Without any `null`, which Marathon takes for absent. */
export type Definition = JsonObject;

/** Where a service port may be, and the member of a list's elements that has it; "" if they are ports themselves. */
interface PortPlace {
  readonly path: readonly string[];
  readonly member: string;
}

const PLACES: readonly PortPlace[] = [
  { path: ["container", "docker", "portMappings"], member: "servicePort" },
  { path: ["container", "portMappings"], member: "servicePort" },
  { path: ["portDefinitions"], member: "port" },
  { path: ["ports"], member: "" },
];
/** What Marathon takes for a path, without segments that lead up. */
const ID = /^\/?(?!\.)[a-z0-9.-]+(?:\/(?!\.)[a-z0-9.-]+)*$/u;
const MOST_PORT = 65_535;

/**
 * Throws MesosDnsError LB_DEPLOY_APP if it is no app that can be deployed: no id, no group, or no second service port.
 * @param value decoded JSON
 */
export function readDefinition(value: unknown): Definition {
  const app = withoutNulls(value);
  if (!isObject(app)) throw unfit("it is no JSON object");
  const id = textOf(app.id);
  if (id === "") throw unfit('it has no "id"');
  if (!ID.test(id)) throw unfit(`its id is ${JSON.stringify(id)}, and has to be like /shop/web`);
  if (!isObject(app.labels)) throw unfit("it has no labels: give it HAPROXY_DEPLOYMENT_GROUP");
  for (const name of ["HAPROXY_DEPLOYMENT_GROUP", "HAPROXY_DEPLOYMENT_ALT_PORT"]) {
    if (textOf(app.labels[name]) === "") throw unfit(`it has no label ${name}`);
  }
  const alternative = textOf(app.labels.HAPROXY_DEPLOYMENT_ALT_PORT);
  if (portOf(Number(alternative)) === undefined)
    throw unfit(`its label HAPROXY_DEPLOYMENT_ALT_PORT is ${JSON.stringify(alternative)}, and has to be a port`);
  return app;
}

/** The same JSON without members and elements that are `null`. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

/** The first service port of an app. Throws MesosDnsError LB_DEPLOY_APP if it has none. */
export function servicePortOf(app: Definition): number {
  for (const { path, member } of PLACES) {
    const [first] = listAt(app, path);
    const port = portOf(Number(member === "" ? first : isObject(first) ? first[member] : undefined));
    if (port !== undefined) return port;
  }
  const places = PLACES.map(({ path, member }) => [...path, member].filter((part) => part !== "").join("."));
  throw unfit(`it has no service port: give it one in ${places.join(", ")}`);
}

/** The app with another first service port. */
export function withServicePort(app: Definition, port: number): Definition {
  const place = PLACES.find(({ path }) => listAt(app, path).length > 0);
  if (!place) throw unfit("it has no service port");
  const [first, ...rest] = listAt(app, place.path);
  const changed = place.member === "" ? port : { ...(isObject(first) && first), [place.member]: port };
  return withValueAt(app, place.path, [changed, ...rest]);
}

function listAt(app: Definition, path: readonly string[]): readonly unknown[] {
  return listOf(path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), app));
}

function withValueAt(object: JsonObject, [name = "", ...rest]: readonly string[], value: unknown): JsonObject {
  const member = object[name];
  return { ...object, [name]: rest.length === 0 || !isObject(member) ? value : withValueAt(member, rest, value) };
}

function portOf(port: number): number | undefined {
  return Number.isInteger(port) && port > 0 && port <= MOST_PORT ? port : undefined;
}

function unfit(what: string): MesosDnsError {
  return new MesosDnsError("LB_DEPLOY_APP", `the app cannot be deployed: ${what}`);
}
