/** What HAProxy says of itself as a whole. */
export interface InfoOf {
  readonly version: string;
  /** Of the worker that answers. */
  readonly pid: number;
  readonly uptimeSeconds: number;
  /** What its configuration says that it is; "" if it says nothing. */
  readonly description: string;
  /** Whether a server that is added can be given its cookie, as since 3.0. */
  readonly addsCookies: boolean;
  /** Whether it has to be told that servers may be added, as before 2.6. */
  readonly isExperimental: boolean;
}

/** @param text the answer to `show info` */
export function infoOf(text: string): InfoOf {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "mu").exec(text)?.[1] ?? "";
  const version = field("Version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return {
    version,
    pid: Number(field("Pid")),
    uptimeSeconds: Number(field("Uptime_sec")),
    description: field("description"),
    addsCookies: major >= 3,
    isExperimental: major === 2 && minor < 6,
  };
}
