/** What a node says of itself. */
import { formatHostPort } from "../base/host-port.js";
import { type ActualTarget, serviceKey, type Target, targetKey } from "./model.js";
import type { PlaneName } from "./plane.js";
import type { ReconcilerReport } from "./reconciler.js";

export interface SourceReport {
  /** Where the table comes from; `undefined` before the first one. */
  readonly from: string | undefined;
  /** Milliseconds since the epoch: when it was last known to be what is. */
  readonly currentAt: number | undefined;
  /** Why it cannot be followed now. */
  readonly trouble: string | undefined;
  /** Why a newer table is not used. */
  readonly held: string | undefined;
}

export interface NodeReport {
  readonly planeName: PlaneName;
  readonly source: SourceReport;
  readonly plane: ReconcilerReport;
}

/** `GET /v1/status`: a service each, and what is wrong. */
export function statusOf({ planeName, source, plane }: NodeReport, now: number) {
  const actual = new Map((plane.actual ?? []).map((service) => [serviceKey(service), service]));
  const wanted = new Map((plane.desired?.services ?? []).map((service) => [serviceKey(service), service]));
  const keys = [...new Set([...wanted.keys(), ...actual.keys()])].sort();
  const services = keys.map((key) => {
    const is = actual.get(key);
    const refusal = plane.refused.get(key);
    const isKept = source.from === undefined || source.held !== undefined;
    const unwanted = isKept ? "kept" : "unwanted";
    const state = refusal ? "refused" : !is ? "pending" : !wanted.has(key) ? unwanted : is.isOpen ? "open" : "closed";
    const targets = (is?.targets ?? wanted.get(key)?.targets ?? []).map(targetStatus);
    return { key, vip: wanted.get(key)?.name ?? null, state, ...(refusal && { refusal }), targets };
  });
  const { from = null, currentAt, trouble = null, held = null } = source;
  return {
    plane: { name: planeName, trouble: plane.trouble ?? null, failures: plane.failures },
    table: { from, age: currentAt === undefined ? null : (now - currentAt) / 1_000, trouble, held },
    services,
  };
}

export type NodeStatus = ReturnType<typeof statusOf>;

function targetStatus(target: Target | ActualTarget) {
  const isRetired = "isRetired" in target && target.isRetired;
  return { target: targetKey(target), weight: target.weight, ...(isRetired && { retired: true }) };
}

/** Whether nothing is wrong with the node itself: the lines of `statusText` that begin with `!` are what is. */
export function isWell({ plane, table }: NodeStatus): boolean {
  return plane.trouble === null && plane.failures.length === 0 && table.trouble === null && table.held === null;
}

/** The same for people: what is wrong first, then a line each. */
export function statusText(status: NodeStatus, listener: { readonly host: string; readonly port: number }): string {
  const { plane, table, services } = status;
  const origin =
    table.age === null ? "no table yet" : `table from ${table.from}, current ${table.age.toFixed(1)} s ago`;
  const troubles = [
    plane.trouble,
    table.trouble === null ? null : `the table is not followed, and what there is stays: ${table.trouble}`,
    table.held,
    ...plane.failures,
  ].filter((text) => text !== null);
  const carried = services.filter(({ state }) => state !== "refused" && state !== "pending").length;
  const what = services.length === 1 ? "virtual address" : "virtual addresses";
  const head = `${carried} of ${services.length} ${what} carried by ${plane.name}; ${origin}`;
  const rows = services.map(({ key, vip, state, refusal, targets }) => {
    const list = targets.map(({ target, weight, retired }) => `${target}${retired ? " gone" : ` ${weight}`}`);
    return `${key}  ${vip ?? "-"}  ${state}${refusal ? `: ${refusal.detail}` : ""}  ${list.join(", ")}`.trimEnd();
  });
  const where = `status and metrics: http://${formatHostPort(listener)}`;
  return `${[head, where, ...troubles.map((text) => `! ${text}`), ...rows].join("\n")}\n`;
}
