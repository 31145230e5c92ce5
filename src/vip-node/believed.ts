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

/** What a plane carries once it has taken these steps. @param keepsRetired whether targets that are retired are still there */
export function afterSteps(actual: Actual, steps: readonly Step[], keepsRetired: boolean): Actual {
  const services = new Map(actual.map((service) => [serviceKey(service), service]));
  for (const step of steps) {
    const key = serviceKey(step.service);
    const changed = afterStep(services.get(key), step, keepsRetired);
    if (changed) services.set(key, changed);
    else services.delete(key);
  }
  return [...services.values()];
}

function afterStep(is: ActualService | undefined, step: Step, keepsRetired: boolean): ActualService | undefined {
  if (step.kind === "add-service") return added(step.service);
  if (step.kind === "remove-service" || !is) return undefined;
  switch (step.kind) {
    case "open":
      return { ...is, isOpen: true };
    case "close":
      return { ...is, isOpen: false };
    case "add-target":
    case "set-weight":
      return withTarget(is, standing(step.target));
    case "retire-target":
      if (!keepsRetired) return withoutTarget(is, step.target);
      return withTarget(is, { ...standing(step.target), isRetired: true });
    case "delete-target":
      return withoutTarget(is, step.target);
  }
}

function added(service: Service): ActualService {
  const { address, port, protocol } = service;
  return { address, port, protocol, isOpen: shouldBeOpen(service), targets: service.targets.map(standing) };
}

/** Whether anybody is connected is for the plane to say. */
function standing({ ip, port, weight }: Target): ActualTarget {
  return { ip, port, weight, isRetired: false, isIdle: false };
}

function withoutTarget(service: ActualService, target: Target): ActualService {
  const key = targetKey(target);
  return { ...service, targets: service.targets.filter((each) => targetKey(each) !== key) };
}

function withTarget(service: ActualService, target: ActualTarget): ActualService {
  return { ...service, targets: [...withoutTarget(service, target).targets, target] };
}
