import { after, type LiveState, NOTHING } from "./live-state.js";

/** A stream that the server refuses is asked for again after so long; one that nobody sees is closed. Milliseconds. */
const RETRY_MS = 3_000;
const HIDDEN_MS = 60_000;

type Listener = (state: LiveState) => void;

/** Reads the server's stream while the page is seen. */
export class Live {
  state: LiveState = NOTHING;
  readonly #listeners = new Set<Listener>();
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    this.#open();
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#timer);
      if (document.hidden) this.#timer = setTimeout(() => this.#close(), HIDDEN_MS);
      else if (!this.#source) this.#open();
    });
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #open(): void {
    const source = new EventSource("/v1/console/live");
    this.#source = source;
    for (const kind of ["history", "figures", "change"]) {
      source.addEventListener(kind, ({ data }) => this.#set(after(this.state, kind, JSON.parse(data), Date.now())));
    }
    source.addEventListener("error", () => {
      this.#set({ ...this.state, isConnected: false });
      // Otherwise the browser asks again by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = undefined;
      this.#timer = setTimeout(() => this.#open(), RETRY_MS);
    });
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #set(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

export const live = new Live();
