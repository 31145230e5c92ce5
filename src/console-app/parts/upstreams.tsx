import type { ForwardingFigures } from "../../console/figures.js";
import { latency } from "../format.js";
import { Code, Status, type Tone } from "./basics.js";
import { Table } from "./table.js";

const HEALTHS: Readonly<Record<string, readonly [Tone, string]>> = {
  up: ["good", "up"],
  down: ["bad", "down"],
  loop: ["bad", "leads back here"],
};

export function Upstreams({ upstreams }: Pick<ForwardingFigures, "upstreams">) {
  return (
    <Table
      title="Resolvers"
      rows={upstreams}
      keyOf={({ resolver }) => resolver}
      empty="No resolver has been asked yet."
      columns={[
        { title: "Resolver", cell: ({ resolver }) => <Code>{resolver}</Code> },
        {
          title: "Health",
          cell: ({ health }) => <Status tone={HEALTHS[health]?.[0] ?? "idle"}>{HEALTHS[health]?.[1] ?? health}</Status>,
        },
        { title: "Round trip", isNumber: true, cell: ({ roundTripSeconds }) => latency(roundTripSeconds) },
        { title: "In flight", isNumber: true, cell: ({ inFlight }) => `${inFlight}` },
        { title: "Last failure", cell: ({ lastFailure }) => lastFailure || <span class="muted">none</span> },
      ]}
    />
  );
}
