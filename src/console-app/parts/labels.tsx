import { Code } from "./basics.js";
import { Table } from "./table.js";

interface Label {
  readonly key: string;
  readonly value: string;
}

export function Labels({ labels, empty }: { readonly labels: readonly Label[]; readonly empty: string }) {
  return (
    <Table
      title="Labels"
      rows={labels}
      keyOf={(_, index) => index}
      empty={empty}
      columns={[
        { title: "Key", cell: ({ key }) => <Code>{key}</Code> },
        { title: "Value", cell: ({ value }) => <Code>{value}</Code> },
      ]}
    />
  );
}

/** Says how more is known. */
export function FactsOff({ what }: { readonly what: string }) {
  return (
    <p class="empty">
      {what} are known with <Code>"catalog": true</Code> in the configuration.
    </p>
  );
}
