import { fileOf, type SecondaryLines, type SecondaryPlan } from "./plan.js";

/** Into unbound.conf of Unbound 1.17 or later: a resolver that answers for the zones by itself. */
export const unbound: SecondaryLines = {
  comment: "#",
  lines: (plan) => [
    "# A transfer costs more the larger the zone is: not for zones of 100,000 records.",
    ...keyLines(plan),
    "server:",
    ...plan.zones.flatMap(serverLines),
    "",
    ...plan.zones.flatMap((zone) => zoneLines(zone, plan)),
  ],
};

function keyLines({ key }: SecondaryPlan): readonly string[] {
  if (!key) return [];
  return [
    `# Unbound cannot sign, so that ${key.name} is of no use to it: have its address in allowTransfer and notify, without a key. Or let`,
    "# it transfer over TLS: ADDRESS@853#NAME behind primary, where NAME is in the certificate of mesos-dns.",
  ];
}

/** Nobody signs these zones, and Unbound must not answer for private networks itself. */
function serverLines(zone: string): readonly string[] {
  const isReverse = zone.endsWith(".arpa");
  return [
    `    domain-insecure: "${zone}"`,
    isReverse ? `    local-zone: "${zone}." transparent` : `    private-domain: "${zone}"`,
  ];
}

function zoneLines(zone: string, { primaries }: SecondaryPlan): readonly string[] {
  return [
    "auth-zone:",
    `    name: "${zone}"`,
    ...primaries.map(({ host, port }) => `    primary: ${host}@${port}`),
    `    allow-notify: ${primaries[0].host}`,
    "    for-downstream: yes",
    "    for-upstream: yes",
    "    fallback-enabled: no",
    `    zonefile: "${fileOf(zone, "zone")}"`,
  ];
}
