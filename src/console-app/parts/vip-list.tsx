import { useJson } from "../hooks.js";
import { Code, Section } from "./basics.js";
import { NameLink } from "./records.js";
import { type Column, Table } from "./table.js";

export interface Vip {
  readonly vip: string;
  readonly address: string;
  readonly protocol: string;
  readonly backend: readonly { readonly ip: string; readonly port: number; readonly weight: number }[];
}

export const VIP_COLUMNS: readonly Column<Vip>[] = [
  { title: "Name and port", cell: NameAndPort },
  { title: "Address", cell: ({ address }) => <Code>{address}</Code> },
  { title: "Protocol", cell: ({ protocol }) => protocol },
  {
    title: "Targets",
    isNumber: true,
    cell: ({ backend }) => `${backend.filter(({ weight }) => weight > 0).length} of ${backend.length}`,
  },
];

function NameAndPort({ vip }: Vip) {
  const [name = "", port = ""] = vip.split(/:(?=\d+$)/);
  return (
    <>
      <NameLink name={name} /> <Code>{port}</Code>
    </>
  );
}

/** The virtual addresses that lead to a task. @param ports its own, and the agent's that lead to it */
export function TaskVips({
  addresses,
  ports,
}: {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}) {
  const { data } = useJson<readonly Vip[]>("/v1/vips", 10_000);
  const leadsHere = ({ backend }: Vip) =>
    backend.some(({ ip, port }) => addresses.includes(ip) && ports.includes(port));
  const vips = data?.filter(leadsHere) ?? [];
  if (vips.length === 0) return null;
  return (
    <Section title="Virtual addresses">
      <Table title="Virtual addresses" rows={vips} keyOf={(_, index) => index} empty="" columns={VIP_COLUMNS} />
    </Section>
  );
}
