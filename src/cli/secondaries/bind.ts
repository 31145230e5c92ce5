import { fileOf, type SecondaryLines, type SecondaryPlan, secretPlace } from "./plan.js";

/** Into named.conf of BIND 9.18 or later. */
export const bind: SecondaryLines = {
  comment: "//",
  lines: (plan) => [...optionLines(plan), ...keyLines(plan), ...plan.zones.flatMap((zone) => zoneLines(zone, plan))],
};

function optionLines(plan: SecondaryPlan): readonly string[] {
  return [
    "// Into the options { } that you have. The default, 20 a second for all zones, makes NOTIFYs wait:",
    "//     serial-query-rate 100;",
    ...(plan.catalogZone === ""
      ? []
      : [
          `// ${plan.catalogZone} names these zones and those to come. To take it in place of them, transfer it like one, and in options:`,
          `//     catalog-zones { zone "${plan.catalogZone}" default-primaries { ${primariesOf(plan)} }; };`,
        ]),
    "",
  ];
}

function keyLines({ key }: SecondaryPlan): readonly string[] {
  if (!key) return [];
  return [
    `key "${key.name}" {`,
    `    algorithm ${key.algorithm};`,
    "    // The secret belongs here. This file must then be readable for BIND alone.",
    `    secret "${secretPlace(key)}";`,
    "};",
    "",
  ];
}

function primariesOf({ primaries, key }: SecondaryPlan): string {
  const signed = key ? ` key "${key.name}"` : "";
  return primaries.map(({ host, port }) => `${host} port ${port}${signed};`).join(" ");
}

function zoneLines(zone: string, plan: SecondaryPlan): readonly string[] {
  const { primaries, key } = plan;
  return [
    `zone "${zone}" {`,
    "    type secondary;",
    `    file "${fileOf(zone, "raw")}";`,
    "    masterfile-format raw;",
    `    primaries { ${primariesOf(plan)} };`,
    `    allow-notify { ${key ? `key "${key.name}"` : primaries[0].host}; };`,
    "    allow-transfer { none; };",
    "    notify no;",
    "    // Names of tasks may have underscores, each of which would be a line in the log.",
    "    check-names ignore;",
    "    // One name has an address for each agent. Without these two lines BIND refuses more than 100; before July 2024 it",
    "    // does not know them, and needs none.",
    "    max-records-per-type 0;",
    "    max-types-per-name 0;",
    "    max-journal-size 32m;",
    "    min-refresh-time 5;",
    "    min-retry-time 5;",
    "};",
  ];
}
