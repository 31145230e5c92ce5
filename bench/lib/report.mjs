/** Tables for people: Markdown, with the machine that was measured on. */
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { median } from "./client.mjs";

const RESULTS = new URL("../results/", import.meta.url);

export function table(header, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

export function round(value, digits = 0) {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Median (least–most). */
export function spread(values) {
  return `${round(median(values), 2)} (${round(Math.min(...values), 2)}–${round(Math.max(...values), 2)})`;
}

export function machine() {
  const memory = round(totalmem() / 2 ** 30);
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const system = `${type()} ${release()} ${arch()}`;
  return `mesos-dns ${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, ${memory} GiB, ${system}`;
}

/** Writes bench/results/NAME.md and prints it. */
export function report(name, title, sections) {
  const text = `# ${title}\n\n${machine()}. Written by \`npm run bench\`.\n\n${sections.join("\n\n")}\n`;
  writeFileSync(new URL(`${name}.md`, RESULTS), text);
  process.stdout.write(`${text}\n`);
}
