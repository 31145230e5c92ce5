import {
  type Actual,
  type ActualService,
  type ActualTarget,
  type Service,
  serviceKey,
  shouldBeOpen,
  type Target,
  targetKey,
} from "./model.js";
import type { Step } from "./plan.js";

/** A service while steps are taken: with its targets by key. */
interface Draft {
  readonly service: ActualService;
  readonly isOpen: boolean;
  readonly targets: Map<string, ActualTarget>;
}

/** What a plane carries once it has taken these steps. @param keepsRetired whether targets that are retired are still there */
export function afterSteps(actual: Actual, steps: readonly Step[], keepsRetired: boolean): Actual {
  const services = new Map(actual.map((service) => [serviceKey(service), service]));
  const drafts = new Map<string, Draft>();
  for (const step of steps) {
    const key = serviceKey(step.service);
    const is = services.get(key);
    const draft = drafts.get(key) ?? (is && draftOf(is));
    const changed = afterStep(draft, step, keepsRetired);
    if (changed) {
      drafts.set(key, changed);
      services.set(key, changed.service);
    } else {
      drafts.delete(key);
      services.delete(key);
    }
  }
  for (const [key, { service, isOpen, targets }] of drafts) {
    services.set(key, { ...service, isOpen, targets: [...targets.values()] });
  }
  return [...services.values()];
}

function afterStep(is: Draft | undefined, step: Step, keepsRetired: boolean): Draft | undefined {
  if (step.kind === "add-service") return draftOf(added(step.service));
  if (step.kind === "remove-service" || !is) return undefined;
  switch (step.kind) {
    case "open":
      return { ...is, isOpen: true };
    case "close":
      return { ...is, isOpen: false };
    case "add-target":
    case "set-weight":
      is.targets.set(targetKey(step.target), standing(step.target));
      return is;
    case "retire-target":
      if (keepsRetired) is.targets.set(targetKey(step.target), { ...standing(step.target), isRetired: true });
      else is.targets.delete(targetKey(step.target));
      return is;
    case "delete-target":
      is.targets.delete(targetKey(step.target));
      return is;
  }
}

function draftOf(service: ActualService): Draft {
  const targets = new Map(service.targets.map((target) => [targetKey(target), target]));
  return { service, isOpen: service.isOpen, targets };
}

function added(service: Service): ActualService {
  const { address, port, protocol } = service;
  return { address, port, protocol, isOpen: shouldBeOpen(service), targets: service.targets.map(standing) };
}

/** Whether anybody is connected is for the plane to say. */
function standing({ ip, port, weight }: Target): ActualTarget {
  return { ip, port, weight, isRetired: false, isIdle: false };
}
