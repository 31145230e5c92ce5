/** A flag as the help has it, or an argument that is told by its first character: `@SERVER`. */
export interface HelpFlag {
  /** With their dashes: `-m`, `--marathon`. */
  readonly names: readonly string[];
  /** Whether a value follows. */
  readonly hasValue: boolean;
  readonly about: string;
}

export interface HelpCommand {
  /** "" for the server itself. */
  readonly name: string;
  readonly about: string;
  /** Words that may follow, such as `run` after `vips`, or `5` after `manual`. */
  readonly actions: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly HelpFlag[];
}

/** Two columns: what is described, and the description. */
const ROW = /^( {2}| {4})(\S.*?) {2,}(\S.*)$/;
/** The second line of a description. */
const MORE = /^ {10,}(\S.*)$/;
const FLAG = /^[-@]/;

/** The commands and flags that the help describes, in its order. */
export function readHelp(help: string): readonly HelpCommand[] {
  const sections: { name: string; about: string; rows: { what: string; about: string }[] }[] = [
    { name: "", about: firstSentence(help), rows: [] },
  ];
  for (const line of help.slice(help.indexOf("\n\n")).split("\n")) {
    const [, indent, what = "", about = ""] = ROW.exec(line) ?? [];
    const section = sections.at(-1);
    const more = MORE.exec(line)?.[1];
    if (indent === undefined) {
      if (more !== undefined && section) describeFurther(section, more);
    } else if (indent.length === 2 && !FLAG.test(what)) sections.push({ name: what, about, rows: [] });
    else section?.rows.push({ what, about });
  }
  return sections.map(({ name, about, rows }) => ({
    name,
    about,
    actions: rows
      .filter(({ what }) => /^[a-z\d]/.test(what))
      .map((row) => ({ name: row.what.split(" ")[0] ?? "", about: row.about })),
    flags: rows.filter(({ what }) => FLAG.test(what)).map(flagOf),
  }));
}

function describeFurther(section: { about: string; rows: { what: string; about: string }[] }, text: string): void {
  const last = section.rows.at(-1);
  if (last) last.about = `${last.about} ${text}`;
  else section.about = `${section.about} ${text}`;
}

function flagOf({ what, about }: { what: string; about: string }): HelpFlag {
  const words = what.split(/,? +/);
  const names = words.filter((word) => FLAG.test(word));
  return { names, hasValue: words.some((word) => /^[A-Z]/.test(word)), about };
}

function firstSentence(help: string): string {
  return help.split("\n\n")[1]?.trim() ?? "";
}
