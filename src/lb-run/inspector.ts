import { MesosDnsError, messageOf } from "../base/errors.js";
import { bindsIn, newBinds } from "../haproxy/binds.js";
import type { Content, FileFormat, Made } from "../lb/file-formats/format.js";
import { luaFiles } from "../lb/file-formats/texts.js";
import { findBroken } from "../lb/haproxy/broken.js";
import type { FileHost } from "./file-host.js";

/** Finds what is wrong with a configuration before HAProxy gets it, and which apps that is for. */
export class Inspector<Known> {
  readonly #format: FileFormat<Known>;
  readonly #host: FileHost;

  constructor(format: FileFormat<Known>, host: FileHost) {
    this.#format = format;
    this.#host = host;
  }

  /** What `make` gives; without those apps for which it fails. @throws {MesosDnsError} what it throws for none of them */
  async made(make: () => Made): Promise<Made> {
    for (;;) {
      try {
        return make();
      } catch (error) {
        if (!(error instanceof MesosDnsError) || error.code !== "LB_TEMPLATE") throw error;
        await this.#refuse(error.message, async (apps) => this.#templateFault(apps)).catch(() => {
          throw error;
        });
      }
    }
  }

  /**
   * Why what was made last has to be made again, without those apps that cannot be in it; `undefined` if HAProxy takes it.
   * @param loaded what HAProxy has: it listens there already; `undefined` if it does not run
   * @throws {MesosDnsError} LB_HAPROXY if it is for no app that it cannot be taken, or that cannot be found out
   */
  async fault(content: Content, loaded: Content | undefined): Promise<string | undefined> {
    const missing = await this.#host.missing(luaFiles(content.text));
    if (missing.length > 0) throw noLua(missing);
    await this.#host.requireMaps(content);
    const unbindable = await this.#leaveOutPorts(content, loaded);
    if (unbindable !== undefined) return unbindable;
    const faults = await this.#host.faults(content.text);
    if (faults === undefined) return undefined;
    await this.#refuse(faults, async (apps) => this.#templateFault(apps) ?? this.#host.faults(this.#format.only(apps)));
    return faults;
  }

  async #refuse(reason: string, faultsOf: (apps: ReadonlySet<string>) => Promise<string | undefined>): Promise<void> {
    const broken = await findBroken(this.#format.apps, faultsOf);
    if (broken.size === 0) {
      throw new MesosDnsError("LB_HAPROXY", `HAProxy refuses the configuration, and not for an app: ${reason}`);
    }
    this.#format.refuse(broken);
  }

  #templateFault(apps: ReadonlySet<string>): string | undefined {
    try {
      this.#format.only(apps);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Where one port cannot be had, HAProxy takes nothing of a configuration. */
  async #leaveOutPorts({ text }: Content, loaded: Content | undefined): Promise<string | undefined> {
    const reasons = new Map<string, string>();
    for (const [key, bind] of newBinds(text, loaded?.text ?? "")) {
      const refusal = await this.#host.refusalOf(bind);
      if (refusal === undefined) continue;
      const reason = `nobody can listen at ${key}: ${refusal}`;
      const apps = bindsIn(this.#format.only(new Set())).has(key) ? [] : this.#appsAt(key);
      if (apps.length === 0) throw new MesosDnsError("LB_HAPROXY", reason);
      for (const app of apps) reasons.set(app, reason);
    }
    if (reasons.size === 0) return undefined;
    this.#format.refuse(reasons);
    return [...reasons.values()].join("; ");
  }

  #appsAt(key: string): readonly string[] {
    return this.#format.apps.filter((app) => bindsIn(this.#format.only(new Set([app]))).has(key));
  }
}

function noLua(missing: readonly string[]): MesosDnsError {
  const what = `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not there, and the configuration loads ${missing.length === 1 ? "it" : "them"}`;
  const advice =
    "format marathon-lb needs marathon-lb's Lua files there, or a HEAD without lua-load lines: a file HAPROXY_HEAD in lb.templatesDir";
  return new MesosDnsError("LB_HAPROXY", `${what}: ${advice}`);
}
