import { readsFacts } from "../../config/catalog.js";
import type { ConsulSettings } from "../../config/consul.js";
import { transfersZones } from "../../config/transfers.js";
import type { ConsulCounts } from "../../consul/registry/model.js";
import type { ConsulReport } from "../../consul/report.js";
import type { ApiContext } from "../context.js";

/** What is switched on: the pages that the console has. */
export interface Features {
  readonly version: string;
  readonly domain: string;
  /** Whether tasks and names may be listed. */
  readonly lists: boolean;
  /** Whether labels, networks and attributes are known. */
  readonly facts: boolean;
  readonly forwarding: boolean;
  readonly cache: boolean;
  readonly transfers: boolean;
  readonly vips: boolean;
  readonly health: boolean;
  /** Whether `mesos-dns lb run` is configured. */
  readonly lb: boolean;
  readonly consul: ConsulFeature | null;
  readonly zones: readonly ZoneFeature[];
}

interface ConsulFeature {
  /** Where its API is asked, and whether it listens. */
  readonly listener: string;
  readonly port: number;
  readonly isOpen: boolean;
  readonly domain: string;
  readonly datacenter: string;
  readonly counts: ConsulCounts | null;
  readonly keys: { readonly keys: number; readonly octets: number; readonly isWritable: boolean } | null;
  readonly waiting: number;
  /** Requests that have been answered since the start, by kind. */
  readonly requests: Readonly<Record<string, number>>;
  readonly refusedWrites: number;
}

interface ZoneFeature {
  readonly name: string;
  readonly serial: number;
}

export function describeFeatures(context: ApiContext): Features {
  const config = context.config();
  return {
    version: context.version,
    domain: config.domain,
    lists: config.EnumerationOn,
    facts: readsFacts(config),
    forwarding: config.externalon,
    cache: config.cache.enabled,
    transfers: transfersZones(config),
    vips: config.vips.names,
    health: context.health.report() !== undefined,
    lb: config.lb.enabled,
    consul: config.consul.enabled ? consulOf(config.consul, context.console.consul()) : null,
    zones: context
      .snapshot()
      .zones.filter(({ apex }) => !apex.scattered)
      .map(({ apex }) => ({ name: apex.zone, serial: apex.soa.serial })),
  };
}

function consulOf(
  { httpListener, httpPort, domain, datacenter }: ConsulSettings,
  report?: ConsulReport,
): ConsulFeature {
  const requests: Record<string, number> = {};
  for (const [kind, , count] of report?.requests ?? []) requests[kind] = (requests[kind] ?? 0) + count;
  return {
    listener: httpListener,
    port: httpPort,
    isOpen: report?.isOpen ?? false,
    domain,
    datacenter,
    counts: report?.counts ?? null,
    keys: report?.keys ?? null,
    waiting: report?.waiting ?? 0,
    requests,
    refusedWrites: report?.refusedWrites ?? 0,
  };
}
