import type { At } from "./ask.js";
import { run } from "./tools.js";

/** An answer as dig or kdig prints it. */
export interface Dug {
  readonly status: string;
  /** In the order printed: `qr`, `aa`, `rd`, … */
  readonly flags: readonly string[];
  /** Records as lines: `name TTL TYPE value`, without the OPT; names without the final dot. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** The name in the answer's question, letter case and all. */
  readonly question: string;
  /** Payload size in the answer's OPT record; absent without one. */
  readonly udp: number | undefined;
  /** Info codes of extended errors (RFC 8914). */
  readonly errors: readonly number[];
  /** Whether the answer that counted came over TCP. */
  readonly tcp: boolean;
  /** Everything printed. */
  readonly text: string;
}

/** Asks once, and waits long enough for a busy machine. `args` are dig's own: `["web.mesos", "SRV", "+tcp"]`. */
export async function dig({ host, port }: At, ...args: string[]): Promise<Dug> {
  const { stdout } = await run("dig", [`@${host}`, "-p", String(port), "+tries=1", "+time=10", ...args]);
  return dugFrom(stdout);
}

/** The same with Knot's client. */
export async function kdig({ host, port }: At, ...args: string[]): Promise<Dug> {
  const { stdout } = await run("kdig", [`@${host}`, "-p", String(port), "+retry=0", "+timeout=10", ...args]);
  return dugFrom(stdout);
}

/** What dig printed, wherever it ran. */
export function dugFrom(text: string): Dug {
  const status = /status: (\w+)/.exec(text)?.[1];
  if (status === undefined) throw new Error(`no answer: ${text}`);
  const udp = /udp: (\d+)|UDP size: (\d+)/.exec(text);
  return {
    status,
    flags: /;; [Ff]lags: ([\w ]*)/.exec(text)?.[1]?.trim().split(" ") ?? [],
    question: /QUESTION SECTION:\n;+ *(\S+)/.exec(text)?.[1] ?? "",
    answer: section(text, "ANSWER"),
    authority: section(text, "AUTHORITY"),
    additional: section(text, "ADDITIONAL"),
    udp: udp ? Number(udp[1] ?? udp[2]) : undefined,
    errors: [...text.matchAll(/^;+ EDE: (\d+)/gm)].map(([, code]) => Number(code)),
    tcp: /\(TCP\)/.test(text),
    text,
  };
}

function section(text: string, name: string): string[] {
  const lines = new RegExp(`^;; ${name} SECTION:\n((?:[^;\n].*\n)*)`, "m").exec(text)?.[1] ?? "";
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map(normal);
}

/** Without class, final dots and the columns. */
function normal(line: string): string {
  const [name, ttl, , ...rest] = line.split(/[ \t]+/);
  return [name, ttl, ...rest].map((word) => (word.length > 1 ? word.replace(/\.$/, "") : word)).join(" ");
}
