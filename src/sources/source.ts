/** Follows something that names are made of, and gives it to whoever made the source each time it has changed. */
export interface Source<Config> {
  start(): void;
  /** Follows it under this configuration from now on; what has not changed goes on. */
  configure(config: Config): Promise<void>;
  /** When the promise is settled, nothing is open and nothing more is given. Never rejects. */
  stop(): Promise<void>;
}
