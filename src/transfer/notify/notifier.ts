import { formatHostPort } from "../../base/host-port.js";
import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import type { NotifyTarget } from "../../config/config.js";
import { RCODE, rcodeName } from "../../wire/protocol.js";
import { checkResponse, signRequest, type TsigKeys } from "../../wire/tsig.js";
import type { ApexRecords } from "../../zone/apex.js";
import { isNewer } from "../../zone/serial.js";
import { Counter, type Counts } from "../counts.js";
import type { Secondary } from "../report.js";
import { notifyMessage, readNotifyAnswer } from "./message.js";
import { Publications } from "./publications.js";
import { TargetSchedule } from "./target.js";
import type { TargetState } from "./target-state.js";

export interface NotifierParts {
  readonly timers: Timers;
  /** Sends a datagram. */
  readonly send: (octets: Uint8Array, address: string, port: number) => void;
  /** From 0 to 65,535, not to be guessed. */
  readonly random16: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** The newest version of a zone; `undefined` if there is no such zone. */
  readonly zone: (name: string) => ApexRecords | undefined;
  /** The newest serial that a secondary has got from here; `undefined` if none. */
  readonly serialOf: (target: NotifyTarget, zone: string) => number | undefined;
  readonly log: Pick<Logger, "warn">;
}

/** A target that asks for whole zones so often within this time cannot bear NOTIFYs that come quickly, as NSD while it reloads. */
const WHOLE_TIMES = 3;
const WHOLE_MS = 10_000;
const SLOW_INTERVAL_MS = 1_000;
const SLOW_MS = 60_000;

/** What is known of one zone at one target. */
interface Told {
  readonly target: NotifyTarget;
  readonly zone: string;
  readonly schedule: TargetSchedule;
  /** The NOTIFY that is under way: its id, and its signature if it has one. */
  sent: { readonly id: number; readonly mac: Uint8Array | undefined } | undefined;
}

/** Tells secondaries that zones have changed (NOTIFY, RFC 1996). */
export class Notifier {
  readonly #parts: NotifierParts;
  #keys: TsigKeys;
  #targets: readonly NotifyTarget[] = [];
  readonly #told = new Map<string, Told>();
  readonly #publications = new Map<string, Publications>();
  readonly #counter = new Counter();
  readonly #logged = new Set<string>();
  /** By target: when it asked for whole zones although a difference would have done. */
  readonly #whole = new Map<string, number[]>();
  /** By target: until when it is told of changes more slowly. */
  readonly #slowUntil = new Map<string, number>();

  constructor(parts: NotifierParts, targets: readonly NotifyTarget[], keys: TsigKeys) {
    this.#parts = parts;
    this.#keys = keys;
    this.#targets = targets;
  }

  configure(targets: readonly NotifyTarget[], keys: TsigKeys): void {
    this.stop();
    this.#targets = targets;
    this.#keys = keys;
    this.changed([...this.#publications.keys()]);
  }

  /** Zones have new versions. */
  changed(zones: readonly string[]): void {
    const { zone, timers } = this.#parts;
    for (const name of zones) {
      const publications = this.#publications.get(name) ?? new Publications();
      this.#publications.set(name, publications);
      const serial = zone(name)?.apex.soa.serial;
      if (serial === undefined) continue;
      if (serial !== publications.newest) publications.add(serial, timers.now());
      for (const target of this.#targets) {
        if (target.zones === undefined || target.zones.includes(name)) this.#toldOf(target, name).schedule.changed();
      }
    }
  }

  /** A datagram has arrived. */
  receive(message: Uint8Array, address: string, port: number): void {
    const answer = readNotifyAnswer(message);
    if (!answer) return;
    for (const told of this.#told.values()) {
      const { target, sent } = told;
      if (target.address !== address || target.port !== port || sent?.id !== answer.id) continue;
      if (!this.#isGenuine(message, target, sent.mac)) {
        // Anybody could have sent it, so it ends nothing. But a secondary without the key cannot sign.
        if (answer.rcode !== RCODE.NOERROR) this.#logUnsigned(target, told.zone, answer.rcode);
        continue;
      }
      told.sent = undefined;
      const isRefused = answer.rcode !== RCODE.NOERROR;
      if (isRefused) this.#logRefused(target, told.zone, answer.rcode);
      told.schedule.answered(isRefused);
      return;
    }
  }

  /** A secondary has asked for a transfer. @param wastesZone whether it wants the whole zone although a difference would have done */
  asked(secondary: Secondary, wastesZone: boolean): void {
    for (const told of this.#told.values()) {
      if (told.zone !== secondary.zone || !isSame(told.target, secondary)) continue;
      told.schedule.seen();
      if (wastesZone) this.#noteWhole(told.target);
    }
  }

  /** NOTIFYs by target and result. */
  get counts(): Counts {
    return this.#counter.counts();
  }

  states(): readonly TargetState[] {
    return [...this.#told.values()].map(({ target, zone, schedule: { state } }) => {
      return { target: nameOf(target), zone, lag: this.#lag(target, zone), state };
    });
  }

  stop(): void {
    for (const { schedule } of this.#told.values()) schedule.stop();
    this.#told.clear();
  }

  #toldOf(target: NotifyTarget, zone: string): Told {
    const key = `${nameOf(target)} ${zone}`;
    const known = this.#told.get(key);
    if (known) return known;
    const schedule = new TargetSchedule({
      timers: this.#parts.timers,
      send: () => this.#send(told),
      isCurrent: () => this.#isCurrent(target, zone),
      onResult: (result) => this.#counter.add([nameOf(target), result]),
      interval: () => this.#interval(target),
    });
    const told: Told = { target, zone, schedule, sent: undefined };
    this.#told.set(key, told);
    return told;
  }

  #send(told: Told): void {
    const { send, random16, wallClock, zone } = this.#parts;
    const { target } = told;
    const apex = zone(told.zone);
    if (!apex) return;
    const id = random16();
    const { octets, length } = notifyMessage(id, apex);
    const key = target.key === undefined ? undefined : this.#keys.get(target.key);
    const signed = key && signRequest(octets, length, key, Math.floor(wallClock() / 1000));
    told.sent = { id, mac: signed?.mac };
    send(octets.subarray(0, signed?.length ?? length), target.address, target.port);
  }

  #isGenuine(message: Uint8Array, target: NotifyTarget, mac: Uint8Array | undefined): boolean {
    const key = target.key === undefined ? undefined : this.#keys.get(target.key);
    if (!key || !mac) return true;
    return checkResponse(message, message.length, key, mac, Math.floor(this.#parts.wallClock() / 1000));
  }

  #isCurrent(target: NotifyTarget, zone: string): boolean {
    const has = this.#parts.serialOf(target, zone);
    const newest = this.#publications.get(zone)?.newest;
    return has !== undefined && newest !== undefined && !isNewer(newest, has);
  }

  #lag(target: NotifyTarget, zone: string): number | undefined {
    const has = this.#parts.serialOf(target, zone);
    if (has === undefined) return undefined;
    const since = this.#publications.get(zone)?.firstAfter(has);
    return since === undefined ? 0 : (this.#parts.timers.now() - since) / 1000;
  }

  #noteWhole(target: NotifyTarget): void {
    const { timers } = this.#parts;
    const now = timers.now();
    const name = nameOf(target);
    const times = [...(this.#whole.get(name) ?? []).filter((at) => now - at < WHOLE_MS), now];
    this.#whole.set(name, times);
    if (times.length < WHOLE_TIMES) return;
    this.#slowUntil.set(name, now + SLOW_MS);
    const advice = "with NSD, set xfrd-reload-timeout: 0";
    const message = "it asks for whole zones again and again, and is told of changes each second only";
    this.#logOnce(`slow ${name}`, name, `${message}: ${advice}`);
  }

  #interval(target: NotifyTarget): number {
    const isSlow = this.#parts.timers.now() < (this.#slowUntil.get(nameOf(target)) ?? 0);
    return isSlow ? Math.max(SLOW_INTERVAL_MS, target.minIntervalMs) : target.minIntervalMs;
  }

  #logRefused(target: NotifyTarget, zone: string, rcode: number): void {
    const name = rcodeName(rcode) ?? rcode;
    const advice = "see that the secondary has this zone, and accepts NOTIFY from this address and with this key";
    this.#logOnce(
      `${rcode} ${nameOf(target)}`,
      nameOf(target),
      `it answers NOTIFY for ${zone} with ${name}: ${advice}`,
    );
  }

  #logUnsigned(target: NotifyTarget, zone: string, rcode: number): void {
    const name = rcodeName(rcode) ?? rcode;
    const message = `it answers NOTIFY for ${zone} with ${name}, and does not sign that`;
    const advice = "see that the secondary has this zone, and the same key";
    this.#logOnce(`unsigned ${nameOf(target)} ${zone}`, nameOf(target), `${message}: ${advice}`);
  }

  #logOnce(key: string, target: string, message: string): void {
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    this.#parts.log.warn({ secondary: target }, message);
  }
}

/** A secondary may not transfer from the address that it answers on. */
function isSame(target: NotifyTarget, { address, key }: Secondary): boolean {
  return target.address === address || (target.key !== undefined && target.key === key);
}

function nameOf({ address, port }: NotifyTarget): string {
  return formatHostPort({ host: address, port });
}
