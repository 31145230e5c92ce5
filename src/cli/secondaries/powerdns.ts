import { formatHostPort } from "../../base/host-port.js";
import { type SecondaryLines, type SecondaryPlan, secretPlace } from "./plan.js";

const DNS_PORT = 53;

/** Into the SQLite database of PowerDNS 4.7 or later; other backends with SQL take the same. */
export const powerdns: SecondaryLines = {
  comment: "--",
  lines: (plan) => [
    "-- Into pdns.conf. With the caches on, changes are seen 20 to 60 seconds later.",
    "--     secondary=yes",
    "--     xfr-cycle-interval=5",
    "--     cache-ttl=0",
    "--     query-cache-ttl=0",
    "--     negquery-cache-ttl=0",
    "--     zone-cache-refresh-interval=0",
    "",
    ...keyLines(plan),
    ...plan.zones.flatMap((zone) => zoneLines(zone, "SLAVE", plan)),
    ...catalogLines(plan),
  ],
};

function keyLines({ key }: SecondaryPlan): readonly string[] {
  if (!key) return [];
  return [
    "-- The secret belongs here.",
    "INSERT INTO tsigkeys (name, algorithm, secret)",
    `  VALUES ('${key.name}', '${key.algorithm}', '${secretPlace(key)}');`,
  ];
}

function zoneLines(zone: string, type: string, { primaries, key }: SecondaryPlan): readonly string[] {
  const from = primaries.map((primary) => formatHostPort(primary, DNS_PORT)).join(",");
  const meta = (kind: string, content: string) =>
    `INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, '${kind}', '${content}' FROM domains WHERE name = '${zone}';`;
  return [
    `INSERT INTO domains (name, type, master) VALUES ('${zone}', '${type}', '${from}');`,
    ...(key ? [meta("AXFR-MASTER-TSIG", key.name)] : []),
    // Otherwise each change transfers the whole zone.
    meta("IXFR", "1"),
  ];
}

function catalogLines(plan: SecondaryPlan): readonly string[] {
  if (plan.catalogZone === "") return [];
  return [
    "-- Or, in place of these zones, the catalogue, which names them and those to come:",
    ...zoneLines(plan.catalogZone, "CONSUMER", plan).map((line) => `-- ${line}`),
  ];
}
