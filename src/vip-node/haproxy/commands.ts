/** Steps to commands of HAProxy's runtime API, and what it answers. */
import type { ServiceAddress, Target } from "../model.js";
import type { Step } from "../plan.js";
import { backendName, frontendName, isPlace, isWeight, serverName } from "./names.js";
import { serverOf } from "./render.js";

/** Steps that need no reload. */
export type RuntimeStep = Exclude<Step, { readonly kind: "add-service" | "remove-service" }>;

/** What it says of what it has done, or found done. */
const SUCCESS = /^(new server registered\.?|server deleted\.?|all sockets are already (enabled|disabled)\.?)?$/i;
const MISSING = /^no such (server|backend)\.?$/i;
const BUSY = /still has (connections|streams)/i;

export function commandsFor(step: RuntimeStep): readonly string[] {
  if (step.kind === "open") return [`enable frontend ${frontendName(step.service)}`];
  if (step.kind === "close") return [closing(step.service)];
  const server = nameOf(step.service, step.target);
  switch (step.kind) {
    case "add-target":
      return [`add server ${backendName(step.service)}/${serverOf(step.target)}`, `enable server ${server}`];
    case "set-weight":
      // Also ends maintenance, and what an operator has drained.
      return [`set server ${server} weight ${step.target.weight}`, `set server ${server} state ready`];
    case "retire-target":
      return [`set server ${server} state maint`];
    case "delete-target":
      return [`set server ${server} state maint`, `shutdown sessions server ${server}`, `del server ${server}`];
  }
}

export function closing(service: ServiceAddress): string {
  return `disable frontend ${frontendName(service)}`;
}

function nameOf(service: ServiceAddress, target: Target): string {
  return `${backendName(service)}/${serverName(target)}`;
}

/** Why a step cannot be said to HAProxy at all; `undefined` if it can. */
export function faultOf(step: Step): string | undefined {
  const { address, port, protocol } = step.service;
  if (protocol !== "tcp") return `HAProxy does not carry ${protocol}`;
  if (!isPlace(address, port)) return `${JSON.stringify(address)} with port ${port} is no address of a service`;
  const targets = step.kind === "add-service" ? step.service.targets : "target" in step ? [step.target] : [];
  const wrong = targets.find(({ ip, port: at, weight }) => !isPlace(ip, at) || !isWeight(weight));
  return wrong && `${JSON.stringify(wrong)} is no target`;
}

/** What HAProxy says against a command; `undefined` if it was done. */
export function failureIn(answer: string): string | undefined {
  const text = answer.trim();
  return SUCCESS.test(text) ? undefined : text;
}

/** Whether a step that failed is done for another reason: a service that goes may not have come yet, and a reload forgets targets that are retired. */
export function isOver({ kind }: Step, failure: string): boolean {
  if (kind === "remove-service") return true;
  return (kind === "retire-target" || kind === "delete-target") && MISSING.test(failure);
}

/** Whether a server cannot be deleted yet: its connections are being cut. */
export function isBusy(answer: string): boolean {
  return BUSY.test(answer);
}
