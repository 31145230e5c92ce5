import type { JsonObject } from "../../../base/lenient.js";
import type { Agent, Task } from "../cluster.js";
import { list, object, port, text } from "../saved-values.js";
import type { AgentFacts, Label, Network, PortMapping, Reported, StatusFacts, TaskFacts } from "./facts.js";
import { Interner } from "./interner.js";

/** Reads facts in a saved cluster, which have the form that they have in memory. A cluster saved without a catalogue has none. */
export class SavedFacts {
  readonly #interner = new Interner();

  ofTask({ facts, statusFacts }: JsonObject): Pick<Task, "facts" | "statusFacts"> {
    return {
      ...(facts !== undefined && { facts: this.#task(object(facts)) }),
      ...(statusFacts !== undefined && { statusFacts: this.#status(object(statusFacts)) }),
    };
  }

  ofAgent({ facts }: JsonObject): Pick<Agent, "facts"> {
    return facts === undefined ? {} : { facts: this.#agent(object(facts)) };
  }

  #task({ labels, portLabels, hasHealthCheck, containerType, mappings, hasNetworks, dropped }: JsonObject): TaskFacts {
    return {
      labels: this.#labels(labels),
      portLabels: list(portLabels, (each) => this.#labels(each)),
      hasHealthCheck: hasHealthCheck === true,
      containerType: this.#interner.text(text(containerType)),
      mappings: this.#mappings(mappings),
      ...(hasNetworks === true && { hasNetworks }),
      dropped: count(dropped),
    };
  }

  #status({ latest, ...running }: JsonObject): StatusFacts {
    const reported = this.#reported(running);
    return latest === undefined ? reported : { ...reported, latest: this.#reported(object(latest)) };
  }

  #reported({ healthy, networks, mappings, dropped }: JsonObject): Reported {
    const facts = {
      networks: list(networks, (each) => this.#network(object(each))),
      mappings: this.#mappings(mappings),
      dropped: count(dropped),
    };
    return typeof healthy === "boolean" ? { healthy, ...facts } : facts;
  }

  #agent({ attributes, active, dropped }: JsonObject): AgentFacts {
    return { attributes: this.#labels(attributes), active: active !== false, dropped: count(dropped) };
  }

  #labels(value: unknown): readonly Label[] {
    return this.#interner.labels(
      list(value, (each) => {
        const label = object(each);
        return { key: text(label.key), value: text(label.value) };
      }),
    );
  }

  #mappings(value: unknown): readonly PortMapping[] {
    return list(value, (each) => {
      const { hostPort, containerPort, protocol } = object(each);
      return {
        hostPort: port(hostPort),
        containerPort: port(containerPort),
        protocol: this.#interner.text(text(protocol)),
      };
    });
  }

  #network({ name, addresses }: JsonObject): Network {
    return { name: this.#interner.text(text(name)), addresses: list(addresses, text) };
  }
}

function count(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error("it lacks a number where one belongs");
}
