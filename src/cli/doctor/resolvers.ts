import { type Check, check } from "./check.js";

/** What a resolver has answered, over one transport: milliseconds, or why not. */
export type Answered = { readonly ms: number; readonly spelled: boolean } | { readonly why: string };

export interface ResolverProbe {
  /** As in the configuration. */
  readonly name: string;
  /** The running server has found out that what it asks there comes back to it. */
  readonly isLoop: boolean;
  readonly udp: Answered;
  readonly tcp: Answered;
  readonly mixedCase: boolean;
}

/** Whether a resolver can be forwarded to. */
export function judgeResolver({ name, isLoop, udp, tcp, mixedCase }: ResolverProbe): readonly Check[] {
  const what = `resolver ${name}`;
  if (isLoop) {
    const advice = "let it ask others, or name another one: what is forwarded comes back, and every other name fails";
    return [check(what, "fault", "it leads back to this server", advice)];
  }
  if ("why" in udp && "why" in tcp) {
    return [
      check(
        what,
        "fault",
        `it does not answer: ${udp.why}`,
        "see that it runs and that a firewall lets port 53 through, over UDP and TCP",
      ),
    ];
  }
  if ("why" in udp)
    return [check(what, "warning", `it answers over TCP alone: over UDP ${udp.why}`, "a firewall may drop UDP")];
  const time = `it answers in ${udp.ms.toFixed(1)} ms over UDP`;
  const overTcp =
    "why" in tcp
      ? [
          check(
            what,
            "warning",
            `it does not answer over TCP (${tcp.why}): names with long answers fail`,
            "let port 53 through over TCP as well",
          ),
        ]
      : [];
  const spelling =
    mixedCase && !udp.spelled
      ? [
          check(
            what,
            "warning",
            "it changes the letter case of names: an answer cannot be told from a forged one by it",
            "nothing has to be done: this server finds out by itself, and asks it in lower case",
          ),
        ]
      : [];
  return [check(what, "ok", time), ...overTcp, ...spelling];
}
