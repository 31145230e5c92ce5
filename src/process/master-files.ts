import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ClusterConfig } from "../config/config.js";

type Files = Pick<ClusterConfig, "CACertFile" | "CertFile" | "KeyFile" | "IAMConfigFile">;

/** The files that masters are asked with: the same path may hold a renewed certificate, or another key. */
export class MasterFiles {
  #digest: string;

  constructor(config: Files) {
    this.#digest = digestOf(config);
  }

  /** Whether they hold something else than at the last call. */
  haveChanged(config: Files): boolean {
    const before = this.#digest;
    this.#digest = digestOf(config);
    return this.#digest !== before;
  }
}

function digestOf({ CACertFile, CertFile, KeyFile, IAMConfigFile }: Files): string {
  const hash = createHash("sha256");
  for (const path of [CACertFile, CertFile, KeyFile, IAMConfigFile]) hash.update(`${path}\n`).update(contentOf(path));
  return hash.digest("hex");
}

/** A file that cannot be read is told of where it is used. */
function contentOf(path: string): Buffer {
  try {
    return path === "" ? Buffer.alloc(0) : readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
