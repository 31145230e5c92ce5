/** What an operator has to renew, clear or correct in time. Times are milliseconds since the epoch. */
export interface UpkeepReport {
  /** Of the files that the configuration names and that can be read. */
  readonly certificates: readonly ExpiringCertificate[];
  readonly reloads: ReloadReport;
  /** The file systems that this server writes to, as they were looked at last. */
  readonly disks: readonly DiskReport[];
  /** When the zone in `stateDir` was saved; `undefined` if none is there, or it is not known yet. */
  readonly zoneSavedAt: number | undefined;
}

export interface ExpiringCertificate {
  /** The key of the configuration that names the file. */
  readonly key: string;
  readonly file: string;
  readonly expiresAt: number;
}

export interface ReloadReport {
  /** Whether the last configuration that was read is in use. */
  readonly isLastGood: boolean;
  /** When the configuration in use was read. */
  readonly loadedAt: number;
  readonly failures: number;
}

export interface DiskReport {
  /** The key of the configuration that names the place. */
  readonly key: string;
  readonly path: string;
  /** What a user other than root may still write. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}
