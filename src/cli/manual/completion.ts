import type { HelpCommand, HelpFlag } from "./help-table.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Flags behind which a file or a folder stands. */
const FILES = new Set(["--config", "-config", "--state", "--json", "-j", "--pre-kill-hook"]);

/** A file of zsh's completions is read at the first completion, and has to answer that one as well. */
const ZSH_FIRST = `if [ "\${funcstack[1]-}" = _mesos-dns ]; then _bash_complete -F _mesos_dns; fi\n`;

/** A script that completes commands, their actions and flags; files where a file is meant. */
export function completionFor(shell: Shell, commands: readonly HelpCommand[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return `#compdef mesos-dns\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}${ZSH_FIRST}`;
    case "fish":
      return fish(commands);
  }
}

function bash(commands: readonly HelpCommand[]): string {
  const [server, ...others] = commands;
  const files = commands.flatMap(({ name, flags }) => {
    const own = flags.filter((flag) => flag.hasValue).flatMap((flag) => flag.names.filter((each) => FILES.has(each)));
    return own.map((flag) => `${name === "" ? "-*" : name}:${flag}`);
  });
  const words = (command: HelpCommand) => [
    ...command.actions.map(({ name }) => name),
    ...command.flags.flatMap(optionsOf),
  ];
  const cases = others.map((command) => `    ${command.name}) words="${words(command).join(" ")}" ;;`);
  return `_mesos_dns() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "\${COMP_WORDS[1]}:$before" in
    ${files.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${[...others.map(({ name }) => name), ...(server ? words(server) : [])].join(" ")}"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mesos_dns mesos-dns
`;
}

function fish(commands: readonly HelpCommand[]): string {
  const [server, ...others] = commands;
  const lines = [
    "complete -c mesos-dns -f",
    ...others.map(({ name, about }) => `complete -c mesos-dns -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`),
    ...withOptions(server?.flags ?? []).map(
      (flag) => `complete -c mesos-dns -n __fish_use_subcommand${flagWords(flag)}`,
    ),
    ...others.flatMap(({ name, actions, flags }) => [
      ...actions.map(
        (action) =>
          `complete -c mesos-dns -n "__fish_seen_subcommand_from ${name}" -a ${action.name} -d ${quoted(action.about)}`,
      ),
      ...withOptions(flags).map(
        (flag) => `complete -c mesos-dns -n "__fish_seen_subcommand_from ${name}"${flagWords(flag)}`,
      ),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Flags; an argument such as `@SERVER` is nothing to complete. */
function optionsOf({ names }: HelpFlag): readonly string[] {
  return names.filter((name) => name.startsWith("-"));
}

function withOptions(flags: readonly HelpFlag[]): readonly HelpFlag[] {
  return flags.filter((flag) => optionsOf(flag).length > 0);
}

function flagWords(flag: HelpFlag): string {
  const { hasValue, about } = flag;
  const names = optionsOf(flag);
  const options = names.map((name) => {
    const word = name.replace(/^-+/, "");
    return name.startsWith("--") ? ` -l ${word}` : word.length === 1 ? ` -s ${word}` : ` -o ${word}`;
  });
  const value = hasValue ? (names.some((name) => FILES.has(name)) ? " -r -F" : " -x") : "";
  return `${options.join("")}${value} -d ${quoted(about)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
