import { createHash } from "node:crypto";
import { isObject } from "../../base/lenient.js";
import type { Service } from "../services.js";
import type { Holders } from "./claims.js";

/** What has to be known again after a restart: who has what, and services as they were when HAProxy had them last. */
export interface LbMemory {
  readonly holders: Holders;
  /** Their servers are left out. */
  readonly good: readonly Service[];
}

export const NO_MEMORY: LbMemory = { holders: new Map(), good: [] };
/** Changes with the form of what is kept. */
const VERSION = 1;

/** One line with the sum of the other, and the other. */
export function memoryText({ holders, good }: LbMemory): string {
  const services = good.map(({ settings, ...service }) => ({
    ...service,
    servers: [],
    settings: { ...settings, templates: [...settings.templates] },
  }));
  const body = JSON.stringify({ version: VERSION, holders: [...holders], services });
  return `${sumOf(body)}\n${body}\n`;
}

/** Throws an Error if the text is not what memoryText() has made, or an earlier version has. */
export function readMemory(text: string): LbMemory {
  const [sum, body = ""] = text.split("\n");
  if (sum !== sumOf(body)) throw new Error("it is damaged");
  const memory: unknown = JSON.parse(body);
  if (!isObject(memory) || memory.version !== VERSION) throw new Error("it is another version's");
  // The sum says that this program has written it.
  const { holders, services } = memory as unknown as Written;
  return {
    holders: new Map(holders),
    good: services.map((service) => ({
      ...service,
      settings: { ...service.settings, templates: new Map(service.settings.templates) },
    })),
  };
}

interface Written {
  readonly holders: readonly (readonly [string, string])[];
  readonly services: readonly (Omit<Service, "settings"> & {
    readonly settings: Omit<Service["settings"], "templates"> & {
      readonly templates: readonly (readonly [string, string])[];
    };
  })[];
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
