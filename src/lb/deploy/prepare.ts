/** The version that takes over: the app that was given, in the colour and with the port that are free. */
import { MesosDnsError } from "../../base/errors.js";
import { isObject, textOf } from "../../base/lenient.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { startedAt } from "../deployment-groups.js";
import { servicePorts } from "../networking.js";
import { TARGET_LABEL } from "./course.js";
import { type Definition, servicePortOf, withServicePort } from "./definition.js";

export interface PrepareOptions {
  /** How many instances the new version begins with. */
  readonly initialInstances: number;
  /** How many of the instances are to be of the new version in the end; 0 for all. */
  readonly newInstances: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** @param last the version that serves, if there is one */
export function prepare(app: Definition, last: MarathonApp | undefined, options: PrepareOptions): Definition {
  const given = isObject(app.labels) ? app.labels : {};
  const target = last ? last.instances : (instancesOf(app) ?? 1);
  const ofNew = last ? Math.min(options.newInstances, target) : 0;
  const colour = last?.labels.get("HAPROXY_DEPLOYMENT_COLOUR") === "blue" ? "green" : "blue";
  const port = servicePortOf(app);
  const id = textOf(app.id);
  const coloured = `${id}-${colour}`;
  const labels = {
    ...given,
    HAPROXY_APP_ID: id,
    HAPROXY_0_PORT: String(port),
    HAPROXY_DEPLOYMENT_COLOUR: colour,
    [TARGET_LABEL]: String(target),
    HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(ofNew),
    HAPROXY_DEPLOYMENT_STARTED_AT: moment(options.now, last),
  };
  return {
    ...withServicePort(app, last ? nextPort(last, port) : port),
    id: coloured.startsWith("/") ? coloured : `/${coloured}`,
    instances: last ? Math.min(options.initialInstances, ofNew || target) : target,
    labels,
  };
}

/**
 * Whether a mix can begin: in one, load balancers go by what the label of either version says of both together. Throws MesosDnsError
 * LB_DEPLOY_FLAGS.
 */
export function checkMix({ id, instances, labels }: MarathonApp): void {
  const told = labels.get(TARGET_LABEL);
  if (told === String(instances)) return;
  const is = told === undefined ? "is not there" : `says ${told}`;
  throw new MesosDnsError(
    "LB_DEPLOY_FLAGS",
    `--new-instances: ${id} has ${instances} instances, and its label ${TARGET_LABEL} ${is}, by which load balancers go: deploy without --new-instances once, or scale it to that`,
  );
}

function instancesOf({ instances }: Definition): number | undefined {
  return typeof instances === "number" ? instances : undefined;
}

/** Two versions have two service ports between them, which they take in turn. @param own that of the app that was given */
function nextPort(last: MarathonApp, own: number): number {
  const alternative = Number(last.labels.get("HAPROXY_DEPLOYMENT_ALT_PORT"));
  const [taken] = servicePorts(last);
  if (taken?.number !== alternative) return alternative;
  return Number(last.labels.get("HAPROXY_0_PORT")) || own;
}

/**
 * Without a zone, as marathon-lb can only compare it so; and later than the last one even where that was told in the time of a zone that is ahead.
 */
function moment(now: number, last: MarathonApp | undefined): string {
  const before = last ? startedAt(last) : Number.NEGATIVE_INFINITY;
  return new Date(Math.max(now, Math.floor(before) + 1)).toISOString().slice(0, -1);
}
