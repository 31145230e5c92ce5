import type { ZoneConfig } from "../../config/config.js";
import { zoneAt } from "../configured-zone.js";
import type { ClusterFacts } from "../facts.js";
import { NO_CLAIMS, type RecordSink } from "../sink.js";
import type { View } from "../view.js";
import { MesosDnsRecords, type NamesOfFrameworks } from "./records.js";
import { namingRulesOf } from "./rules.js";

/** The names of Mesos-DNS, in `domain`. */
export function mesosDnsView(config: ZoneConfig): View {
  const rules = namingRulesOf(config);
  const names: NamesOfFrameworks = new WeakMap();
  return {
    zones: [zoneAt(config.domain, config)],
    emitter: (facts, { zone, claims }) => {
      const records = zone(config.domain) as RecordSink;
      return new MesosDnsRecords({ facts, rules, names, records, claims });
    },
  };
}

/** Emits only the records of `domain`, into `records`. */
export function domainRecords(facts: ClusterFacts, config: ZoneConfig, records: RecordSink): MesosDnsRecords {
  return new MesosDnsRecords({
    facts,
    rules: namingRulesOf(config),
    names: new WeakMap(),
    records,
    claims: NO_CLAIMS,
  });
}
