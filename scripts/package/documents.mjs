/** What the package says about itself: manual pages, completions, changelog and licences. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { output } from "./run.mjs";

/** Where each shell looks for completions, and systems for manual pages. */
export const PRINTED = {
  "usr/share/bash-completion/completions/mesos-dns": ["completion", "bash"],
  "usr/share/zsh/vendor-completions/_mesos-dns": ["completion", "zsh"],
  "usr/share/fish/vendor_completions.d/mesos-dns.fish": ["completion", "fish"],
  "usr/share/man/man1/mesos-dns.1.gz": ["manual", "1"],
  "usr/share/man/man5/mesos-dns-config.5.gz": ["manual", "5"],
};

/** What the program prints for such a path. */
export function printed(path, program) {
  const text = output(process.execPath, [program, ...PRINTED[path]]);
  return path.endsWith(".gz") ? gzipped(text) : text;
}

/** As `gzip -9n`: the same octets for the same text. */
export function gzipped(text) {
  return gzipSync(text, { level: 9 });
}

/** Debian's changelog for a version. What is new is in CHANGELOG.md, beside it. @param date of the version */
export function changelog({ version, maintainer, date }) {
  const day = date.toUTCString().replace("GMT", "+0000");
  return [
    `mesos-dns (${version}) stable; urgency=medium`,
    "",
    "  * What is new is in CHANGELOG.md.gz, in this folder.",
    "",
    ` -- ${maintainer}  ${day}`,
    "",
  ].join("\n");
}

/** Every licence of what is in the package. @param parts folders of `runtime` and `koffi`, and of the `bundle` */
export function copyright(parts) {
  const rule = `\n${"-".repeat(80)}\n\n`;
  return [
    "mesos-dns is licensed under the Apache License 2.0, whose text is in /usr/share/common-licenses/Apache-2.0 on\n" +
      "Debian systems. What it brings along is licensed as follows.\n",
    `bin/node: Node.js\n\n${readFileSync(join(parts.runtime, "LICENSE"), "utf8")}`,
    `node_modules/koffi, node_modules/@koromix: koffi\n\n${readFileSync(join(parts.koffi, "LICENSE.txt"), "utf8")}`,
    `dist/bundle, dist/console-app:\n\n${readFileSync(join(parts.bundle, "LICENSES.txt"), "utf8")}`,
  ].join(rule);
}
