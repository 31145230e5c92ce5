import type { HelpCommand } from "./help-table.js";

/** A configuration key, as docs/configuration.md has it. */
export interface ManualKey {
  readonly name: string;
  /** What it may be. */
  readonly value: string;
  readonly default: string;
  /** Whether SIGHUP applies a change. */
  readonly isLive: boolean;
  readonly about: string;
}

/** What stands at the foot of a page. */
export interface About {
  readonly version: string;
  /** As 2030-01-31. */
  readonly date: string;
}

/** mesos-dns(1), in the language of man(7). @param usage the first paragraph of the help */
export function programPage(usage: string, commands: readonly HelpCommand[], about: About): string {
  const [server, ...others] = commands;
  return page("MESOS-DNS", 1, about, [
    section("NAME", ["mesos\\-dns \\- DNS\\-based service discovery for Apache Mesos"]),
    section("SYNOPSIS", [".nf", roff(usage.replace(/^Usage: /, "").replace(/\n {7}/g, "\n")), ".fi"]),
    section("DESCRIPTION", [roff(server?.about ?? "")]),
    section("OPTIONS", (server?.flags ?? []).flatMap(flagLines)),
    section(
      "COMMANDS",
      others.flatMap(({ name, about, actions, flags }) => [
        `.SS ${roff(name)}`,
        roff(about),
        ...actions.flatMap((action) => [".TP", `.B ${roff(action.name)}`, roff(action.about)]),
        ...flags.flatMap(flagLines),
      ]),
    ),
    section("SIGNALS", [".TP", ".B SIGHUP", "reads the configuration again", ".TP", ".B SIGTERM", "stops the server"]),
    section("EXIT STATUS", [
      "0 if all went well, 1 if not.",
      "\\fBdoctor\\fR exits with 2 where there are warnings alone.",
    ]),
    section("FILES", [
      ".TP",
      ".I /etc/mesos\\-dns/config.json",
      "the configuration, where a package has installed this program",
    ]),
    section("SEE ALSO", [".BR mesos\\-dns\\-config (5)"]),
  ]);
}

/** mesos-dns-config(5). */
export function configPage(keys: readonly ManualKey[], about: About): string {
  return page("MESOS-DNS-CONFIG", 5, about, [
    section("NAME", ["mesos\\-dns\\-config \\- the configuration of mesos\\-dns(1)"]),
    section("DESCRIPTION", [
      "The configuration is a JSON object, in a file that \\fB\\-config\\fR names.",
      "A dot in a key's name stands for a key inside an object.",
      "Keys that are live are applied when the server gets SIGHUP; the others need a restart.",
      "Each key may also be set by an environment variable: MESOS_DNS_ and its name in capitals, with _ for a dot.",
    ]),
    section(
      "KEYS",
      keys.flatMap(({ name, value, default: preset, isLive, about }) => [
        ".TP",
        `.B ${roff(name)}`,
        roff(about),
        ".br",
        breakable(roff(`Value: ${value}. Default: ${preset}. ${isLive ? "Live" : "Needs a restart"}.`)),
      ]),
    ),
    section("SEE ALSO", [".BR mesos\\-dns (1)"]),
  ]);
}

/** Long lists have no spaces: a line may end behind a comma of theirs. */
function breakable(text: string): string {
  return text.replaceAll('","', '",\\:"');
}

function page(title: string, number: number, { version, date }: About, sections: readonly string[]): string {
  return `.TH ${roff(title)} ${number} ${date} "mesos\\-dns ${roff(version)}"\n.ad l\n${sections.join("")}`;
}

function section(title: string, lines: readonly string[]): string {
  return `.SH ${title}\n${lines.join("\n")}\n`;
}

function flagLines({ names, hasValue, about }: HelpCommand["flags"][number]): readonly string[] {
  return [".TP", `.B ${roff(`${names.join(", ")}${hasValue ? " VALUE" : ""}`)}`, roff(about)];
}

/** Text as man(7) takes it: what it would read as a command, or as an escape, is none. Marks of Markdown go. */
function roff(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("`", "")
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join("\n");
}
