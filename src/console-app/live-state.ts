import type { Figures, History, NumberedChange } from "../console/figures.js";

/** What the server's stream has told. A new object for each event. */
export interface LiveState {
  readonly isConnected: boolean;
  /** When the server has told something last: milliseconds since the epoch; `undefined` if it never has. */
  readonly heardAt: number | undefined;
  readonly figures: Figures | undefined;
  readonly history: History | undefined;
  /** The newest first. */
  readonly changes: readonly NumberedChange[];
}

/** How many values a chart has, and how many changes are kept. */
const MAX_POINTS = 300;
const MAX_CHANGES = 2_000;

export const NOTHING: LiveState = {
  isConnected: false,
  heardAt: undefined,
  figures: undefined,
  history: undefined,
  changes: [],
};

/** The state behind an event of the stream. @param now milliseconds since the epoch */
export function after(state: LiveState, event: string, data: unknown, now: number): LiveState {
  if (event === "figures") return { ...withFigures(state, data as Figures), heardAt: now };
  if (event === "change") return withChange(state, data as NumberedChange);
  const { figures, history } = data as { figures: Figures | undefined; history: History };
  return { ...state, isConnected: true, heardAt: now, figures: figures ?? state.figures, history };
}

/** A reconnection that takes no longer is not worth a word. */
const SILENCE_MS = 3_000;

/** Since when the server has told nothing, if that is long; `undefined` while it tells, and before it has told anything. */
export function lostSince({ isConnected, heardAt }: LiveState, now: number): number | undefined {
  return isConnected || heardAt === undefined || now - heardAt < SILENCE_MS ? undefined : heardAt;
}

function withFigures(state: LiveState, figures: Figures): LiveState {
  const { history } = state;
  const grown = <T>(values: readonly T[] | undefined, value: T): T[] => [
    ...(values ?? []).slice(1 - MAX_POINTS),
    value,
  ];
  const { queries, latency, forwarding } = figures;
  return {
    ...state,
    figures,
    history: {
      at: figures.at,
      local: grown(history?.local, queries.local),
      forward: grown(history?.forward, queries.forward),
      other: grown(history?.other, queries.none),
      latency: grown(history?.latency, latency.local?.p99 ?? null),
      hitRate: grown(history?.hitRate, forwarding?.hitRate ?? null),
    },
  };
}

/** A stream that begins again tells changes that are known. */
function withChange(state: LiveState, change: NumberedChange): LiveState {
  if (state.changes.some(({ id }) => id === change.id)) return state;
  return { ...state, changes: [change, ...state.changes].slice(0, MAX_CHANGES) };
}
