/** What a key is changed to on a running server, and how to see there that it counts. */
export interface Change {
  /** What is set before as well as after, so that the key alone makes the difference. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly to: Readonly<Record<string, unknown>>;
  readonly isSeen: () => Promise<boolean>;
  /** Looking changes what the others do, so that it cannot be looked before. */
  readonly isDisturbing?: true;
}
