import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { get, Refusal } from "../hooks.js";
import { queryOf } from "../route.js";
import { pagesOf, rowsInSight } from "../window.js";
import { Note, sentence } from "./basics.js";
import { type Column, classOf } from "./table.js";

/** Pixels, as in the style. */
const ROW_HEIGHT = 34;
/** Rows that are asked for at a time. */
const PAGE = 100;
/** How often what is in sight is asked for again, in milliseconds; and how soon where the server is still reading. */
const REFRESH_MS = 2_000;
const SOON_MS = 250;

interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  readonly isLoaded: boolean;
}

export interface LongTableProps<Row> {
  /** What it lists. */
  readonly title: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What to say if there are none. */
  readonly empty: string;
  /** Told how many there are. */
  readonly onTotal: (total: number | undefined) => void;
}

/** A list of any length: only the rows in sight are there, and are asked for again and again, so that they are true. */
export function LongTable<Row>(props: LongTableProps<Row>) {
  const { title, columns, keyOf, empty } = props;
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ scrollTop: 0, height: 600 });
  const { pages, total, error, isLoaded } = useRows(props, sight);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setSight({ scrollTop: element.scrollTop, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const { first, end } = rowsInSight({ ...sight, rowHeight: ROW_HEIGHT, total: total ?? 0 });
  const tracksOf = (shown: readonly Column<Row>[]) => shown.map(({ width = "1fr" }) => width).join(" ");
  const narrow = tracksOf(columns.filter(({ isMinor }) => !isMinor));
  const rowAt = (index: number): Row | undefined => pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  return (
    <div class="long">
      {/* biome-ignore lint/a11y/useSemanticElements: rows that are not there cannot be in a table element */}
      <div
        ref={box}
        class="long-box"
        role="table"
        aria-label={title}
        aria-rowcount={(total ?? 0) + 1}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        style={{ "--tracks": tracksOf(columns), "--narrow-tracks": narrow }}
      >
        {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above */}
        <div class="long-row long-head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above
            <div key={column.title} role="columnheader" class={classOf(column)}>
              {column.title}
            </div>
          ))}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="rowgroup" class="long-rows" style={{ height: `${(total ?? 0) * ROW_HEIGHT}px` }}>
          {Array.from({ length: end - first }, (_, i) => first + i).map((index) => {
            const row = rowAt(index);
            return (
              // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above
              <div
                key={row === undefined ? index : keyOf(row)}
                class="long-row"
                role="row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
              >
                {columns.map((column) => (
                  // biome-ignore lint/a11y/useSemanticElements: as above
                  <div
                    key={column.title}
                    role="cell"
                    class={classOf(column)}
                    title={row === undefined ? undefined : column.hint?.(row)}
                  >
                    {row === undefined ? <span class="pending">…</span> : column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {error !== undefined && <Note tone="warn">{sentence(error)}</Note>}
      {error === undefined && total === 0 && isLoaded && <p class="empty">{empty}</p>}
    </div>
  );
}

/** The rows in sight, page by page. */
function useRows<Row>(
  { path, parameters, onTotal }: LongTableProps<Row>,
  sight: { readonly scrollTop: number; readonly height: number },
) {
  const query = queryOf(parameters);
  const [state, setState] = useState<{
    readonly query: string;
    readonly pages: ReadonlyMap<number, readonly Row[]>;
    readonly total: number | undefined;
    readonly isLoaded: boolean;
    readonly error: string | undefined;
  }>({ query, pages: new Map(), total: undefined, isLoaded: false, error: undefined });
  const isSame = state.query === query;
  const total = state.total;
  const range = rowsInSight({ ...sight, rowHeight: ROW_HEIGHT, total: total ?? 1 });
  const wanted = pagesOf({ first: range.first, end: Math.max(range.end, range.first + 1) }, PAGE).join();
  const load = useCallback(
    async (signal: AbortSignal) => {
      let isLoaded = true;
      for (const page of wanted.split(",").map(Number)) {
        const part = queryOf({ ...parameters, offset: page * PAGE, limit: PAGE });
        try {
          const found = await get<PageOf<Row>>(`${path}${part}`, signal);
          isLoaded &&= found.isLoaded;
          setState((before) => ({
            query,
            // Pages of another query are of no use; those out of sight are old when they come into sight, and asked for again.
            pages: new Map([...(before.query === query ? before.pages : []), [page, found.rows]]),
            total: found.total,
            isLoaded: found.isLoaded,
            error: undefined,
          }));
        } catch (error) {
          if (signal.aborted) return true;
          const words = error instanceof Refusal ? error.message : "the server does not answer";
          setState((before) => ({ ...before, error: words }));
        }
      }
      return isLoaded;
    },
    [path, query, wanted],
  );
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const isLoaded = await load(gone.signal);
      if (!gone.signal.aborted) timer = setTimeout(ask, isLoaded ? REFRESH_MS : SOON_MS);
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [load]);
  useEffect(() => onTotal(state.isLoaded ? total : undefined), [total, state.isLoaded]);
  return { ...state, pages: isSame ? state.pages : new Map<number, readonly Row[]>() };
}
