import type { SecondaryState, TransferNumbers } from "../transfer/report.js";

/** `GET /v1/transfers`: who has which version of which zone, and what of it is told to whom. */
export function describeTransfers({ running, secondaries, targets, journalBytes, journalSteps }: TransferNumbers) {
  return {
    active: running,
    secondaries: secondaries.map(describeSecondary),
    notify: targets.map(({ target, zone, lag, state }) => ({ target, zone, lagSeconds: lag ?? null, state })),
    journal: { bytes: journalBytes, steps: Object.fromEntries(journalSteps) },
  };
}

function describeSecondary({ address, key, zone, serial, last }: SecondaryState) {
  const transfer = {
    kind: last.kind,
    at: new Date(last.at).toISOString(),
    octets: last.octets,
    seconds: last.seconds,
  };
  return { address, key: key ?? null, zone, serial, last: transfer };
}
