/** Clock and timers. Passed in, so that tests can move time by hand. */
export interface Timers {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls `callback` once, `ms` milliseconds from now. Returns a function that cancels this. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** `elapsed` settles after `ms` milliseconds, or never once `cancel` has been called. */
export function delay(timers: Timers, ms: number): { readonly elapsed: Promise<void>; readonly cancel: () => void } {
  let cancel = () => {};
  const elapsed = new Promise<void>((resolve) => {
    cancel = timers.after(ms, resolve);
  });
  return { elapsed, cancel };
}

/** Settles after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = timers.after(ms, end);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
