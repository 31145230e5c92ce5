import { useState } from "preact/hooks";
import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Missing, Note, Page, Section } from "../parts/basics.js";
import { Filter } from "../parts/filter.js";
import { Table } from "../parts/table.js";
import { VIP_COLUMNS, type Vip } from "../parts/vip-list.js";

/** Rows that are shown: the filter finds the others. */
const MOST = 500;

export function Vips(_: PageProps) {
  const { data, error, isLoading } = useJson<readonly Vip[]>("/v1/vips", 2_000);
  const [text, setText] = useState("");
  if (!data)
    return (
      <Page title="Virtual addresses">
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  const words = text.toLowerCase().trim();
  const has = ({ vip, address, backend }: Vip) =>
    [vip, address, ...backend.map(({ ip, port }) => `${ip}:${port}`)].some((field) =>
      field.toLowerCase().includes(words),
    );
  const found = words === "" ? data : data.filter(has);
  return (
    <Page title="Virtual addresses" about={<span role="status">{plural(found.length, "address", "addresses")}</span>}>
      <Filter text={text} onText={setText} />
      <Section title="Virtual addresses">
        <Table
          title="Virtual addresses"
          rows={found.slice(0, MOST)}
          keyOf={({ vip, address, protocol }) => `${vip} ${address} ${protocol}`}
          columns={[...VIP_COLUMNS, { title: "Where they lead", cell: Targets }]}
          empty="No virtual address is like that."
        />
        {found.length > MOST && <Note>And {count(found.length - MOST)} more: the filter finds them.</Note>}
      </Section>
    </Page>
  );
}

/** Targets that are listed. */
const FEW = 6;

function Targets({ backend }: Vip) {
  const texts = backend.slice(0, FEW).map(({ ip, port, weight }) => `${ip}:${port}${weight > 0 ? "" : " (left out)"}`);
  return (
    <code>
      {texts.join(", ")}
      {backend.length > FEW && `, and ${backend.length - FEW} more`}
    </code>
  );
}
