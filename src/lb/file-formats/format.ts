import type { LbCarried } from "../report.js";

/** What is written: the configuration, and the maps that it names, by the names of their files, which stand beside it. */
export interface Content {
  readonly text: string;
  readonly maps: ReadonlyMap<string, string>;
}

export interface Made {
  readonly content: Content;
  readonly carried: LbCarried;
}

/** A form of configuration that HAProxy only gets as a whole. It remembers what was good last, and does no input or output. */
export interface FileFormat<Known> {
  /**
   * @param known what the configuration is made of
   * @param now in milliseconds since the epoch
   * @throws {MesosDnsError} LB_TEMPLATE if a template for all is none
   */
  make(known: Known, now: number): Made;
  /** Those apps in what was made last that HAProxy may refuse. */
  readonly apps: readonly string[];
  /** The same with these apps alone. */
  only(apps: ReadonlySet<string>): string;
  /** HAProxy refuses these apps of what was made last: they go on as they were until they ask for something else. */
  refuse(reasons: ReadonlyMap<string, string>): void;
  /** HAProxy has taken what was made last. @returns whether what is good is something else now */
  accept(): boolean;
  /** What was refused is tried again as it is asked for. */
  tryAgain(): void;
}

export function isSameContent(one: Content, other: Content): boolean {
  if (one.text !== other.text || one.maps.size !== other.maps.size) return false;
  return Array.from(one.maps).every(([name, text]) => other.maps.get(name) === text);
}
