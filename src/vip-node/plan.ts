import {
  type Actual,
  type ActualService,
  type Service,
  type ServiceAddress,
  serviceKey,
  shouldBeOpen,
  type Target,
  targetKey,
} from "./model.js";

/** A change to what a data plane carries. `service` is as it should be in the end, with all its targets. */
export type Step =
  /** With its targets, open if it should be. */
  | { readonly kind: "add-service"; readonly service: Service }
  | { readonly kind: "add-target"; readonly service: Service; readonly target: Target }
  /** Also takes back one that was retired. */
  | { readonly kind: "set-weight"; readonly service: Service; readonly target: Target }
  /** New connections are taken. */
  | { readonly kind: "open"; readonly service: Service }
  /** New connections are refused at once. Those that are there go on. */
  | { readonly kind: "close"; readonly service: Service }
  /** No new connections for it, for good. Those that it has go on. */
  | { readonly kind: "retire-target"; readonly service: Service; readonly target: Target }
  /** The connections that it still has, if any, are cut. */
  | { readonly kind: "delete-target"; readonly service: Service; readonly target: Target }
  | { readonly kind: "remove-service"; readonly service: ServiceAddress };

/** What is to be taken away although somebody may still use it. */
export interface Endings {
  /** Keys of services that have been unwanted for long enough. */
  readonly services: ReadonlySet<string>;
  /** Keys of services and targets that have been retired for long enough, as `endingKey` makes them. */
  readonly targets: ReadonlySet<string>;
}

export function endingKey(service: ServiceAddress, target: Pick<Target, "ip" | "port">): string {
  return `${serviceKey(service)} ${targetKey(target)}`;
}

/** What comes first is what gives connections somewhere to go; what takes something away comes last. */
const ORDER: readonly Step["kind"][] = [
  "add-service",
  "add-target",
  "set-weight",
  "open",
  "close",
  "retire-target",
  "delete-target",
  "remove-service",
];

/** Services that are as they should be, whatever ends. Those that are the same objects as before are not compared again. */
const agreed = new WeakMap<Service, ActualService>();

/**
 * The steps from what is to what should be, in the order in which they have to be taken; none where both agree. A service that is there and
 * not wanted stays as it is until it is among the endings; a target that is not wanted is retired, and deleted when it is idle or
 * among the endings.
 *
 * @param desired each service once
 */
export function plan(desired: readonly Service[], actual: Actual, endings: Endings): readonly Step[] {
  const standing = new Map(actual.map((service) => [serviceKey(service), service]));
  const wanted = new Set(desired.map(serviceKey));
  const steps = desired.flatMap((service): readonly Step[] => {
    const is = standing.get(serviceKey(service));
    if (!is) return [{ kind: "add-service", service }];
    return agreed.get(service) === is ? [] : changesOf(service, is, endings);
  });
  const removals = actual.filter((service) => {
    const key = serviceKey(service);
    return !wanted.has(key) && endings.services.has(key);
  });
  const all: Step[] = [...steps, ...removals.map((service) => ({ kind: "remove-service" as const, service }))];
  return all.sort((a, b) => placeOf(a) - placeOf(b));
}

function changesOf(service: Service, is: ActualService, endings: Endings): readonly Step[] {
  const standing = new Map(is.targets.map((target) => [targetKey(target), target]));
  const wanted = new Set(service.targets.map(targetKey));
  const steps: Step[] = [];
  for (const target of service.targets) {
    const known = standing.get(targetKey(target));
    if (!known) steps.push({ kind: "add-target", service, target });
    else if (known.isRetired || known.weight !== target.weight) steps.push({ kind: "set-weight", service, target });
  }
  for (const target of is.targets) {
    if (wanted.has(targetKey(target))) continue;
    if (!target.isRetired) steps.push({ kind: "retire-target", service, target });
    else if (target.isIdle || endings.targets.has(endingKey(service, target)))
      steps.push({ kind: "delete-target", service, target });
  }
  if (shouldBeOpen(service) !== is.isOpen) steps.push({ kind: is.isOpen ? "close" : "open", service });
  if (steps.length === 0 && !is.targets.some(({ isRetired }) => isRetired)) agreed.set(service, is);
  return steps;
}

/** More weight comes before less, so that a service is never without any target for a moment. */
function placeOf(step: Step): number {
  const isEnd = step.kind === "set-weight" && step.target.weight === 0;
  return ORDER.indexOf(step.kind) + (isEnd ? 0.5 : 0);
}
