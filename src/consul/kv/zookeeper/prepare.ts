import type { WritableConnection, ZooKeeperStep } from "../../../sources/mesos/zookeeper/contract.js";
import { encodeHead, type Position } from "./head.js";
import { BUCKETS, DELAYS, HEAD, KEYS, ROOT, SESSIONS, TOP } from "./layout.js";
import type { Within } from "./reader.js";

const NOTHING = Buffer.alloc(0);

/**
 * Makes what is missing of folders and head. It writes in any case: after that, what is read through this connection is at least as new as
 * anything that another one has written or read before.
 *
 * @param start of a new head: where its indexes begin
 */
export async function prepare(connection: WritableConnection, start: Position, within: Within): Promise<void> {
  await within(connection.ensure(TOP));
  await within(connection.ensure(ROOT));
  if ((await within(connection.version(HEAD))) !== undefined) return;
  const there = new Set((await within(connection.names(ROOT))).map((name) => `${ROOT}/${name}`));
  const wanted = [KEYS, ...(there.has(KEYS) ? [] : BUCKETS), SESSIONS, DELAYS].filter((path) => !there.has(path));
  const data = encodeHead({ ...start, commits: [] });
  const steps: ZooKeeperStep[] = [
    ...wanted.map((path) => ({ kind: "create", path, data: NOTHING }) as const),
    { kind: "create", path: HEAD, data },
    // Its version is never 0, which transactions take for "any".
    { kind: "set", path: HEAD, data },
  ];
  // Another server may have been faster: then all of it is there.
  await within(connection.commit(undefined, steps));
}
