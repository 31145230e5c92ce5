import { inChunks } from "../base/text-chunks.js";
import type { ClusterConfig, ZoneConfig } from "../config/config.js";
import { TYPE } from "../wire/protocol.js";
import { recordsOf, type StoredSet } from "../zone/dump.js";
import type { Snapshot } from "../zone/snapshot.js";

/** `domain` names the zone to list. While a newly configured domain has not been built yet, the first zone is listed. */
type AxfrConfig = Pick<ZoneConfig, "domain"> & Pick<ClusterConfig, "refreshSeconds">;

const SECTIONS = [
  ["As", TYPE.A],
  ["AAAAs", TYPE.AAAA],
  ["SRVs", TYPE.SRV],
] as const;

/** `GET /v1/axfr`: the whole zone in chunks of JSON text, all from the same snapshot. Each chunk is made only when the caller takes it. */
export function axfr(snapshot: Snapshot, config: AxfrConfig): Generator<string> {
  return inChunks(pieces(snapshot, config));
}

function* pieces(snapshot: Snapshot, config: AxfrConfig): Generator<string> {
  const index = Math.max(0, snapshot.indexOf(config.domain));
  const { zone, ttl, soa } = snapshot.zones[index].apex;
  const head = JSON.stringify({
    TTL: ttl,
    Serial: soa.serial,
    RefreshSeconds: config.refreshSeconds,
    Mname: `${soa.mname}.`,
    Rname: `${soa.rname}.`,
    Domain: zone,
  });
  yield `${head.slice(0, -1)},"Records":{`;
  let separator = "";
  for (const [section, type] of SECTIONS) {
    yield `${separator}"${section}":{`;
    yield* members(snapshot, type, index);
    yield "}";
    separator = ",";
  }
  yield "}}";
}

function* members(snapshot: Snapshot, type: number, zone: number): Generator<string> {
  let separator = "";
  for (const set of recordsOf(snapshot, type, zone)) {
    yield `${separator}${JSON.stringify(set.name)}:[${textOf(set, 0)}`;
    for (let i = 1; i < set.size; i++) yield `,${textOf(set, i)}`;
    yield "]";
    separator = ",";
  }
}

function textOf(set: StoredSet, record: number): string {
  if (set.type !== TYPE.SRV) return `"${set.address(record)}"`;
  return JSON.stringify(`${set.target(record)}:${set.port(record)}`);
}
