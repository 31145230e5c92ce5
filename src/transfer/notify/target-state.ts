/** What the last NOTIFY came to; `sent` while it is under way, `quiet` before the first. */
export type NotifyState = "quiet" | "sent" | "answered" | "refused" | "unanswered";

/** What `/v1/transfers` and metrics show of a secondary that is told of changes. */
export interface TargetState {
  /** `address:port`. */
  readonly target: string;
  readonly zone: string;
  /**
   * Seconds since this server published the first version newer than the one that the target has; 0 if it has the newest. `undefined` while
   * nobody knows: it has not transferred the zone from here.
   */
  readonly lag: number | undefined;
  readonly state: NotifyState;
}
