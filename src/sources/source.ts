/** Follows whatever names are derived from, and tells its owner of each change. */
export interface Source<Config> {
  start(): void;
  /** Applies a new configuration. Keeps the connections that it does not concern. */
  configure(config: Config): Promise<void>;
  /** Once the promise has settled, no connection is open and no callback will be called. Never rejects. */
  stop(): Promise<void>;
}
