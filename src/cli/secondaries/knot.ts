import { type SecondaryLines, type SecondaryPlan, secretPlace } from "./plan.js";

/** Into knot.conf of Knot DNS 3.0 or later. */
export const knot: SecondaryLines = {
  comment: "#",
  lines: (plan) => [...keyLines(plan), ...remoteLines(plan), ...templateLines(plan), ...zoneLines(plan)],
};

const remote = (index: number) => `mesos-dns-${index + 1}`;

function keyLines({ key }: SecondaryPlan): readonly string[] {
  if (!key) return [];
  return [
    "key:",
    `  - id: ${key.name}`,
    `    algorithm: ${key.algorithm}`,
    "    # The secret belongs here. This file must then be readable for Knot alone.",
    `    secret: "${secretPlace(key)}"`,
    "",
  ];
}

function remoteLines({ primaries: [first, ...others], key }: SecondaryPlan): readonly string[] {
  const signed = key ? [`    key: ${key.name}`] : [];
  return [
    "remote:",
    ...[first, ...others].flatMap(({ host, port }, index) => [
      `  - id: ${remote(index)}`,
      `    address: ${host}@${port}`,
      ...signed,
    ]),
    "",
    "acl:",
    "  - id: notify-from-mesos-dns",
    `    address: ${first.host}`,
    ...signed,
    "    action: notify",
    "",
  ];
}

function templateLines({ primaries }: SecondaryPlan): readonly string[] {
  return [
    "template:",
    "  - id: mesos-dns",
    `    master: [${primaries.map((_, index) => remote(index)).join(", ")}]`,
    "    acl: notify-from-mesos-dns",
    ...(primaries.length > 1
      ? [
          "    # Knot 3.3 or later stays with one primary, so that it can take differences:",
          "    # master-pin-tolerance: 60",
        ]
      : []),
    "    # The zone lives in the journal, which has to be as large as the zone, and is not written to a file.",
    "    zonefile-sync: -1",
    "    zonefile-load: none",
    "    journal-content: all",
    "    journal-max-usage: 200M",
    "    semantic-checks: off",
    "",
  ];
}

function zoneLines({ zones, catalogZone }: SecondaryPlan): readonly string[] {
  return [
    "zone:",
    ...zones.flatMap((zone) => [`  - domain: ${zone}`, "    template: mesos-dns"]),
    ...(catalogZone === ""
      ? []
      : [
          "# Or, in place of these zones, the catalogue, which names them and those to come:",
          `#  - domain: ${catalogZone}`,
          "#    template: mesos-dns",
          "#    catalog-role: interpret",
          "#    catalog-template: mesos-dns",
        ]),
  ];
}
