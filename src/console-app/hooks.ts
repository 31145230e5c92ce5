import { useEffect, useRef, useState } from "preact/hooks";
import { live } from "./live.js";
import type { LiveState } from "./live-state.js";
import { type Route, readRoute } from "./route.js";

/** A part of what the stream has told. The page is made anew when it changes. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const [value, setValue] = useState(() => select(live.state));
  const current = useRef(select);
  current.current = select;
  useEffect(() => {
    const look = () => setValue(() => current.current(live.state));
    look();
    return live.listen(look);
  }, []);
  return value;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return readRoute(hash);
}

/** What the server has answered. */
export interface Loaded<T> {
  readonly data: T | undefined;
  /** Why there is nothing: a sentence of the server. */
  readonly error: string | undefined;
  /** 0 if the server could not be asked. */
  readonly status: number;
  readonly isLoading: boolean;
}

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the server. Rejects with a `Refusal` that has its words. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal: signal ?? null });
  if (response.ok) return response.json() as Promise<T>;
  const told: unknown = await response.json().catch(() => undefined);
  const words = told !== null && typeof told === "object" && "error" in told ? String(told.error) : response.statusText;
  throw new Refusal(response.status, words);
}

const EMPTY = { data: undefined, error: undefined, status: 200, isLoading: true };

/**
 * The answer of a path, asked again when it changes and every so often. What has been answered stays while it is asked again.
 * @param keeps whether the answer of the path before stays until there is one of this
 */
export function useJson<T>(path: string | undefined, everyMs = 5_000, keeps = false): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path?: string | undefined }>(EMPTY);
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const data = await get<T>(path, gone.signal);
        setLoaded({ data, error: undefined, status: 200, isLoading: false, path });
      } catch (error) {
        if (gone.signal.aborted) return;
        const status = error instanceof Refusal ? error.status : 0;
        const words = error instanceof Refusal ? error.message : "the server does not answer";
        setLoaded((before) => ({
          data: status === 404 ? undefined : before.data,
          error: words,
          status,
          isLoading: false,
          path,
        }));
      }
      if (!gone.signal.aborted && everyMs > 0) timer = setTimeout(ask, everyMs);
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return loaded.path === path || keeps ? loaded : EMPTY;
}

/** The time, renewed every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
