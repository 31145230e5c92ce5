import { useJson } from "../hooks.js";
import { Section } from "./basics.js";

interface Explained {
  readonly findings?: readonly { readonly reason: string; readonly text: string }[];
}

/** What the pages show in tables of their own. */
const SHOWN_ELSEWHERE = ["records", "names"];

/** Why something is answered as it is, in the server's words; nothing where it has none. @param question a name, a task's id or an address */
export function Explanation({ question }: { readonly question: string }) {
  const { data } = useJson<Explained>(`/v1/explain?q=${encodeURIComponent(question)}`, 10_000);
  const findings = data?.findings?.filter(({ reason }) => !SHOWN_ELSEWHERE.includes(reason)) ?? [];
  if (findings.length === 0) return null;
  return (
    <Section title="Why">
      <ul class="sentences">
        {findings.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Section>
  );
}
