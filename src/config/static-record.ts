export type StaticType = "A" | "AAAA" | "CNAME" | "TXT" | "SRV" | "MX" | "CAA" | "NS";
/** Which of its values an answer has: all, one by weight, the first healthy one, or up to eight healthy ones. */
export type RecordPolicy = "simple" | "weighted" | "failover" | "multivalue";

/** An RRset that the operator has written. There is at most one of a name and type. */
export interface StaticRecord {
  /** Complete, lower case, without the final dot. */
  readonly name: string;
  /** The zone that it is in. */
  readonly zone: string;
  readonly type: StaticType;
  /** In seconds; absent for that of the server. */
  readonly ttl?: number;
  readonly policy: RecordPolicy;
  readonly values: readonly StaticValue[];
}

export interface StaticValue {
  /** Names it among the values. */
  readonly id: string;
  /** As in a master file: `192.0.2.1`, `10 mx1.example.org.`, `"some text"`. Names are complete. */
  readonly value: string;
  /** From 0 to 255. Counts with the policy `weighted` alone. */
  readonly weight: number;
  /** The name of the check that says whether it is healthy. */
  readonly healthCheck?: string;
}
