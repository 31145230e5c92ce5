import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders that hold nothing written here. */
const FOREIGN = new Set(["node_modules", "dist", "coverage", "results"]);

/** The files below `folder` whose names end in `extension`, relative to the repository. */
export function filesBelow(folder: string, extension: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return FOREIGN.has(entry.name) || entry.name.startsWith(".") ? [] : filesBelow(path, extension);
    }
    return entry.name.endsWith(extension) ? [path] : [];
  });
}

export function read(path: string): string {
  return readFileSync(path, "utf8");
}

/** The rows of all tables whose first heading is `heading`, cell by cell. */
export function tableRows(markdown: string, heading: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) inside = false;
    else if (line.startsWith(`| ${heading} |`)) inside = true;
    else if (inside && !line.startsWith("|---")) rows.push(cellsOf(line));
  }
  return rows;
}

/** What stands in backquotes. */
export function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
