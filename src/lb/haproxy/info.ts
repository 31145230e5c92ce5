/** What HAProxy says of itself as a whole. */
export interface InfoOf {
  readonly version: string;
  /** Of the worker that answers. */
  readonly pid: number;
  readonly uptimeSeconds: number;
  /** Whether a server that is added can be given its cookie. */
  readonly addsCookies: boolean;
}

/** @param text the answer to `show info` */
export function infoOf(text: string): InfoOf {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "mu").exec(text)?.[1] ?? "";
  const version = field("Version");
  return {
    version,
    pid: Number(field("Pid")),
    uptimeSeconds: Number(field("Uptime_sec")),
    addsCookies: Number.parseInt(version, 10) >= 3,
  };
}
