import { MesosDnsError } from "../../base/errors.js";
import type { Service } from "../services.js";
import { type FormatValues, pythonFormat } from "./python-format.js";
import { defaultHead, GLOBAL_TEXTS, LITERAL, SERVICE_TEXTS } from "./texts.js";

export type ServiceText = keyof typeof SERVICE_TEXTS;
export type GlobalText = keyof typeof GLOBAL_TEXTS;

const DEFAULT_OPTIONS = "redispatch,http-server-close,dontlognull";
/** What is behind `HAPROXY_` in the names of texts, files and variables. */
export const TEXT_NAMES: readonly string[] = ["HEAD", ...Object.keys(GLOBAL_TEXTS), ...Object.keys(SERVICE_TEXTS)];

/** The texts of one configuration: what an operator has replaced, and the built-in ones. */
export class Templates {
  readonly #given: ReadonlyMap<string, string>;
  readonly #options: readonly string[];

  /**
   * @param given what is used instead of the built-in texts, by name, such as `FRONTEND_HEAD`
   * @param options those of the built-in head, separated by commas: `HAPROXY_GLOBAL_DEFAULT_OPTIONS`
   */
  constructor(given: ReadonlyMap<string, string>, options = DEFAULT_OPTIONS) {
    this.#given = given;
    this.#options = [...new Set(options.split(",").map((option) => option.trim()))].sort();
  }

  /**
   * What the configuration begins with. Throws MesosDnsError LB_TEMPLATE if it has been replaced by one with which HAProxy would lose
   * connections at a reload.
   */
  get head(): string {
    const head = this.#given.get("HEAD") ?? defaultHead(this.#options);
    const isDaemon = head.split(/\s+/u).includes("daemon");
    if (!isDaemon && head.includes("expose-fd listeners")) return head;
    const fault = isDaemon ? 'has "daemon" in it' : 'has no "stats socket … expose-fd listeners"';
    throw new MesosDnsError("LB_TEMPLATE", `the template HAPROXY_HEAD ${fault}: a reload would lose connections`);
  }

  global(name: GlobalText, values: FormatValues = {}): string {
    return this.#fill(name, this.#given.get(name) ?? GLOBAL_TEXTS[name], values);
  }

  /** Throws MesosDnsError LB_TEMPLATE if the text is none, as one of a label may be. */
  service(service: Service, name: ServiceText, values: FormatValues = {}): string {
    return this.#fill(name, this.#text(service, name), values);
  }

  /** Options of a server: one blank in front, none behind. */
  serverOptions(service: Service, name: ServiceText, values: FormatValues): string {
    const text = this.#text(service, name).trim();
    return this.#fill(name, text && ` ${text}`, values);
  }

  #text({ settings }: Service, name: ServiceText): string {
    // Where rules come from a map, the label that counts is that of the rules without one.
    const own = settings.templates.get(name.replace(/^MAP_/u, ""));
    return own ?? this.#given.get(name) ?? SERVICE_TEXTS[name];
  }

  #fill(name: string, text: string, values: FormatValues): string {
    if (LITERAL.has(name)) return text;
    try {
      return pythonFormat(text, values);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MesosDnsError("LB_TEMPLATE", `the template HAPROXY_${name} cannot be filled in: ${reason}`);
    }
  }
}
