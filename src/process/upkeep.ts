import { X509Certificate } from "node:crypto";
import { dirname, join } from "node:path";
import { FILE } from "../build/zone-file.js";
import type { Config } from "../config/config.js";
import type { DiskReport, ExpiringCertificate, UpkeepReport } from "../status/upkeep.js";

/** A disk that was looked at less than this long ago is not looked at again. */
const LOOK_MS = 10_000;

/** Certificates that are shown to others: of a chain, the first that expires makes it useless. */
const SHOWN = ["tlsCertFile", "CertFile"] as const;
/** Certificates of authorities: a file is of use until its last one expires, and an old one stays beside its successor. */
const TRUSTED = ["CACertFile", "resolverCACertFile", "transferClientCAFile"] as const;

const PEM = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

export type UpkeepConfig = Pick<Config, (typeof SHOWN)[number] | (typeof TRUSTED)[number] | "stateDir" | "queryLog">;

/** The used part of `node:fs/promises`. */
export interface UpkeepFiles {
  readFile(path: string, encoding: "utf8"): Promise<string>;
  stat(path: string): Promise<{ readonly mtimeMs: number }>;
  statfs(path: string): Promise<{ readonly bavail: number; readonly blocks: number; readonly bsize: number }>;
}

export interface UpkeepParts {
  readonly files: UpkeepFiles;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Knows what an operator has to renew, clear or correct in time, for /metrics. Never waits for a disk. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #config: UpkeepConfig;
  #certificates: readonly ExpiringCertificate[] = [];
  #reloads: UpkeepReport["reloads"];
  #disks: readonly DiskReport[] = [];
  #zoneSavedAt: number | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor(config: UpkeepConfig, parts: UpkeepParts) {
    this.#parts = parts;
    this.#config = config;
    this.#reloads = { isLastGood: true, loadedAt: parts.wallClock(), failures: 0 };
    void this.#readCertificates();
    this.#look();
  }

  /** A configuration has been read, and is in use. The promise settles when the files that it names have been read. */
  async reloaded(config: UpkeepConfig): Promise<void> {
    this.#config = config;
    this.#reloads = { ...this.#reloads, isLastGood: true, loadedAt: this.#parts.wallClock() };
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    await this.#readCertificates();
  }

  /** A configuration could not be used. */
  reloadFailed(): void {
    this.#reloads = { ...this.#reloads, isLastGood: false, failures: this.#reloads.failures + 1 };
  }

  /** As it was when the files were looked at last; has them looked at again. */
  get report(): UpkeepReport {
    this.#look();
    const zoneSavedAt = this.#zoneSavedAt;
    return { certificates: this.#certificates, reloads: this.#reloads, disks: this.#disks, zoneSavedAt };
  }

  async #readCertificates(): Promise<void> {
    const config = this.#config;
    const { files } = this.#parts;
    const found = await Promise.all([
      ...SHOWN.map((key) => expiryOf(key, config[key], Math.min, files)),
      ...TRUSTED.map((key) => expiryOf(key, config[key], Math.max, files)),
    ]);
    if (config === this.#config) this.#certificates = found.filter((one) => one !== undefined);
  }

  #look(): void {
    const now = this.#parts.wallClock();
    if (this.#isLooking || Math.abs(now - this.#lookedAt) < LOOK_MS) return;
    this.#isLooking = true;
    this.#lookedAt = now;
    void this.#lookAtDisks().finally(() => {
      this.#isLooking = false;
    });
  }

  async #lookAtDisks(): Promise<void> {
    const { files } = this.#parts;
    const { stateDir } = this.#config;
    const disks = Promise.all(placesOf(this.#config).map(([key, path]) => diskOf(key, path, files)));
    const saved = stateDir === "" ? undefined : await orNothing(files.stat(join(stateDir, FILE)));
    this.#zoneSavedAt = saved?.mtimeMs;
    this.#disks = (await disks).filter((disk) => disk !== undefined);
  }
}

/** @param choose which of several expiry times counts */
async function expiryOf(
  key: string,
  file: string,
  choose: (...times: number[]) => number,
  files: UpkeepFiles,
): Promise<ExpiringCertificate | undefined> {
  const text = file === "" ? undefined : await orNothing(files.readFile(file, "utf8"));
  const times = (text?.match(PEM) ?? []).map(endOf).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : { key, file, expiresAt: choose(...times) };
}

function endOf(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** The folders that are written to, with the keys that name them. */
function placesOf({ stateDir, queryLog: { format, file } }: UpkeepConfig): (readonly [key: string, path: string])[] {
  const isLogged = format !== "off" && file !== "" && file !== "-";
  return [
    ...(stateDir === "" ? [] : [["stateDir", stateDir] as const]),
    ...(isLogged ? [["queryLog.file", dirname(file)] as const] : []),
  ];
}

async function diskOf(key: string, path: string, files: UpkeepFiles): Promise<DiskReport | undefined> {
  const disk = await orNothing(files.statfs(path));
  return disk && { key, path, freeBytes: disk.bavail * disk.bsize, sizeBytes: disk.blocks * disk.bsize };
}

/** `undefined` for what is not there, or may not be read. */
function orNothing<Value>(value: Promise<Value>): Promise<Value | undefined> {
  return value.catch(() => undefined);
}
