/** How labels name virtual addresses. */
import { parseAddress } from "../base/addresses.js";

export type Protocol = "tcp" | "udp";

/** A virtual address as a label names it. It has a label of its framework, or a literal address. */
export interface VipLabel {
  /** As written, such as `/redis`; absent with a literal address. */
  readonly label?: string;
  /** In its shortest spelling. */
  readonly literal?: string;
  readonly port: number;
}

/** Why a label names none, as `mesos_dns_vip_skipped` counts it. */
export type VipSkipReason = "value" | "name" | "port_index" | "address";

const MAX_PORT = 65_535;
const OLD_KEY = /^VIP_PORT(\d+)$/i;
const OLD_VALUE = /^(tcp|udp):\/\/(.*)$/s;

/** Whether a label of a discovery port with this key names a virtual address: all in upper or all in lower case. */
export function isVipKey(key: string): boolean {
  return key.startsWith("VIP") || key.startsWith("vip");
}

/** `/redis:6379`, `1.2.3.4:5000`, `fd01:c::1:80`: what stands behind the last colon is the port. `undefined` for anything else. */
export function readVip(value: string): VipLabel | undefined {
  const colon = value.lastIndexOf(":");
  const digits = value.slice(colon + 1);
  const target = value.slice(0, Math.max(0, colon));
  if (!/^\d{1,5}$/.test(digits) || target === "") return undefined;
  const port = Number(digits);
  if (port < 1 || port > MAX_PORT) return undefined;
  const literal = parseAddress(target)?.text;
  return literal === undefined ? { label: target, port } : { literal, port };
}

/** A label of a task, as they were before discovery: `VIP_PORT0` with `tcp:///redis:6379`. */
export interface OldVip {
  /** The index of the agent's port. */
  readonly index: number;
  readonly protocol: Protocol;
  /** As `readVip` takes it. */
  readonly value: string;
}

/** `undefined` for a label that is something else. */
export function readOldLabel(key: string, value: string): OldVip | undefined {
  const [, digits] = OLD_KEY.exec(key) ?? [];
  const [, protocol, rest] = OLD_VALUE.exec(value) ?? [];
  if (digits === undefined || rest === undefined) return undefined;
  return { index: Number(digits), protocol: protocol as Protocol, value: rest };
}
