import { fileOf, type SecondaryLines, type SecondaryPlan, secretPlace } from "./plan.js";

/** Into nsd.conf of NSD 4.6 or later. */
export const nsd: SecondaryLines = {
  comment: "#",
  lines: (plan) => [...serverLines(), ...keyLines(plan), ...patternLines(plan), ...zoneLines(plan)],
};

function serverLines(): readonly string[] {
  return [
    "server:",
    "    # At once. With the default, a second, changes pile up, and some are transferred whole.",
    "    xfrd-reload-timeout: 0",
    "    # No limit on answers to one client; the default is 200 a second.",
    "    rrl-ratelimit: 0",
    "",
  ];
}

function keyLines({ key }: SecondaryPlan): readonly string[] {
  if (!key) return [];
  return [
    "key:",
    `    name: "${key.name}"`,
    `    algorithm: ${key.algorithm}`,
    "    # The secret belongs here. This file must then be readable for NSD alone.",
    `    secret: "${secretPlace(key)}"`,
    "",
  ];
}

function patternLines({ primaries, key }: SecondaryPlan): readonly string[] {
  const signed = key ? key.name : "NOKEY";
  return [
    "pattern:",
    '    name: "mesos-dns"',
    `    allow-notify: ${primaries[0].host} ${signed}`,
    ...primaries.map(({ host, port }) => `    request-xfr: ${host}@${port} ${signed}`),
    "",
  ];
}

function zoneLines({ zones, catalogZone }: SecondaryPlan): readonly string[] {
  return [
    ...zones.flatMap((zone) => [
      "zone:",
      `    name: "${zone}"`,
      `    zonefile: "${fileOf(zone, "zone")}"`,
      '    include-pattern: "mesos-dns"',
    ]),
    ...(catalogZone === ""
      ? []
      : [
          "# Or, in place of these zones, with NSD 4.9 or later, the catalogue, which names them and those to come:",
          "# zone:",
          `#     name: "${catalogZone}"`,
          "#     catalog: consumer",
          '#     catalog-member-pattern: "mesos-dns"',
          '#     include-pattern: "mesos-dns"',
        ]),
  ];
}
