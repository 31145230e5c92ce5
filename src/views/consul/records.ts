import { type Address, parseAddress } from "../../base/addresses.js";
import type { ConsulSettings } from "../../config/consul.js";
import { type ConsulInstance, type ConsulNode, type MetaPair, serviceKey } from "../../consul/registry/model.js";
import type { ConsulNames } from "../../consul/registry/names.js";
import { isDnsName } from "../../wire/names.js";
import { PICK, type PreparedSet, prepare } from "../../wire/prepared.js";
import { TYPE } from "../../wire/protocol.js";
import type { ZoneSink } from "../sink.js";

/**
 * How many of an instance's tags lead to it by name, and of how many of a task's ports; the API has the others as well. Each tag costs six names of
 * up to three records: a task must not have as many as it likes.
 */
export const MAX_TAG_NAMES = 32;
export const MAX_TAGGED_PORTS = 16;
/** The service that this server is registered as. */
const OWN_SERVICE = "consul";
/** In Consul, the word for any protocol; every other one is a tag. */
const ANY_PROTOCOL = "tcp";
/** Meta data with such a key is shown without it, for texts that have a form of their own (RFC 1464). */
const WHOLE_TEXT = "rfc1035-";
const MAX_TEXT = 255;

/** The name of a zone's server: this one. */
export function nameServerIn(zone: string): string {
  return `ns.${zone}`;
}

/** Emits the names of Consul's instances and nodes into one zone. Everything is there twice: with the datacenter and without. */
export class ConsulRecords {
  /** Where the kinds of names begin: the zone, and the datacenter in it. */
  readonly #roots: readonly string[];
  /** Below which addresses have names, which are the targets of services. */
  readonly #targets: string;
  readonly #nameServer: string;

  constructor(zone: string, { datacenter }: Pick<ConsulSettings, "datacenter">) {
    this.#roots = [zone, `${datacenter}.${zone}`];
    this.#targets = `addr.${datacenter}.${zone}`;
    this.#nameServer = nameServerIn(zone);
  }

  instance(instance: ConsulInstance, names: ConsulNames, sink: ZoneSink): void {
    const { name, tags, port, ...place } = names.registrationOf(instance);
    const addresses = addressesOf(place);
    const service = serviceKey(name);
    // Everything before the last label is a tag: what has a dot in its name is not found by it.
    if (addresses.length === 0 || service.includes(".")) return;
    const target = `${hexOf(addresses.at(-1) as Address)}.${this.#targets}`;
    const named = hasTagNames(instance) ? tags.slice(0, MAX_TAG_NAMES) : [];
    const { plain, underscored } = namesOf(
      service,
      named.map((tag) => tag.toLowerCase()),
    );
    for (const root of this.#roots) {
      for (const each of [...plain, ...underscored]) {
        const full = `${each}.service.${root}`;
        if (!isDnsName(full)) continue;
        for (const address of addresses) sink.address(full, address);
        sink.service(full, target, port);
      }
      for (const each of underscored) if (isDnsName(`${each}.${root}`)) sink.service(`${each}.${root}`, target, port);
    }
    this.#nameAll(addresses, sink);
    if (service === OWN_SERVICE && "fixed" in instance.origin) {
      for (const address of addresses) sink.address(this.#nameServer, address);
    }
  }

  node(node: ConsulNode, sink: ZoneSink): void {
    const addresses = addressesOf(node);
    const texts = textsOf(node.meta);
    for (const root of this.#roots) {
      const full = `${node.name}.node.${root}`;
      for (const address of addresses) sink.address(full, address);
      if (texts) sink.prepared(full, texts);
    }
    this.#nameAll(addresses, sink);
  }

  #nameAll(addresses: readonly Address[], sink: ZoneSink): void {
    for (const address of addresses)
      for (const root of this.#roots) sink.address(`${hexOf(address)}.addr.${root}`, address);
  }
}

function hasTagNames({ origin }: ConsulInstance): boolean {
  return "fixed" in origin || origin.slot < MAX_TAGGED_PORTS;
}

/** The names of a service below the word for services, by all its tags, and those in the form of RFC 2782. */
function namesOf(service: string, tags: readonly string[]) {
  const words = new Set([ANY_PROTOCOL, ...tags.filter((tag) => !tag.includes("."))]);
  return {
    plain: [service, ...new Set(tags.filter((tag) => !isUnderscored(tag, service)).map((tag) => `${tag}.${service}`))],
    underscored: Array.from(words, (word) => `_${service}._${word}`),
  };
}

/** Two labels that both begin so are a service and a protocol (RFC 2782), never a tag and a service. */
function isUnderscored(tag: string, service: string): boolean {
  return tag.startsWith("_") && service.startsWith("_") && !tag.includes(".");
}

/** IPv4 first. */
function addressesOf({
  ipv4,
  ipv6,
}: {
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
}): Address[] {
  return [ipv4, ipv6].flatMap((text) => (text === undefined ? [] : (parseAddress(text) ?? [])));
}

/** The octets of an address in hexadecimal, as names of addresses have them. */
function hexOf(address: Address): string {
  if (address.family === 4) return (address.bits >>> 0).toString(16).padStart(8, "0");
  return Buffer.from(address.octets).toString("hex");
}

/** One TXT record a pair; `undefined` for none. */
function textsOf(meta: readonly MetaPair[]): PreparedSet | undefined {
  if (meta.length === 0) return undefined;
  const records = meta.map((pair) => ({ rdata: textRdata(textOf(pair)), weight: 0 }));
  return prepare(TYPE.TXT, records, { pick: PICK.ALL });
}

function textOf([key, value]: MetaPair): string {
  return key.startsWith(WHOLE_TEXT) ? value : `${key}=${value}`;
}

/** A text as character-strings (RFC 1035 §3.3.14). */
function textRdata(text: string): Uint8Array {
  const octets = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += MAX_TEXT) {
    const part = octets.subarray(at, at + MAX_TEXT);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}
