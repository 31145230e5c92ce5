import type { RecordRow } from "../../console/model.js";
import { linkTo } from "../route.js";
import { Code } from "./basics.js";
import { Table } from "./table.js";

/** A link to the page of a name. */
export function NameLink({ name }: { readonly name: string }) {
  return (
    <a href={linkTo("name", { name: name.replace(/\.$/, "") })}>
      <Code>{name}</Code>
    </a>
  );
}

export function Records({ records, empty }: { readonly records: readonly RecordRow[]; readonly empty: string }) {
  const hasTtl = records.some(({ ttl }) => ttl !== undefined);
  const hasNames = !hasTtl || new Set(records.map(({ name }) => name)).size > 1;
  return (
    <Table
      title="Records"
      rows={records}
      keyOf={({ name, type, data }) => `${name} ${type} ${data}`}
      empty={empty}
      columns={[
        ...(hasNames ? [{ title: "Name", cell: ({ name }: RecordRow) => <NameLink name={name} /> }] : []),
        { title: "Type", cell: ({ type }) => type },
        { title: "Data", cell: ({ type, data }) => <Data type={type} data={data} /> },
        ...(hasTtl ? [{ title: "TTL", isNumber: true, cell: ({ ttl }: RecordRow) => `${ttl ?? ""}` }] : []),
      ]}
    />
  );
}

/** Data that end with a name lead to its page. */
function Data({ type, data }: Pick<RecordRow, "type" | "data">) {
  if (type === "PTR" || type === "CNAME" || type === "NS") return <NameLink name={data} />;
  if (type !== "SRV") return <Code>{data}</Code>;
  // As zones have it, `0 1 80 target.`; or as a task's own list has it, `target.:80`.
  const [, numbers = "", target = ""] = /^(\d+ \d+ \d+ )(.*)$/.exec(data) ?? [];
  if (target !== "")
    return (
      <>
        <Code>{numbers}</Code>
        <NameLink name={target} />
      </>
    );
  const [host = "", port = ""] = data.split(/:(?=\d+$)/);
  return (
    <>
      <NameLink name={host} /> <Code>{port}</Code>
    </>
  );
}
