import type { Dispatcher } from "undici";

/** Supplies the Authorization header of requests. No secret is ever part of an error message. */
export interface Authorization {
  /**
   * The header's value; `undefined` for no header. Throws MesosDnsError LOGIN_FAILED, also if `signal` aborts the login.
   */
  header(signal: AbortSignal): Promise<string | undefined>;
  /** Call this after a 401. Returns whether the next header() may return other credentials. */
  forget(): boolean;
  /** When the present credentials expire, in milliseconds since 1970; absent or `undefined` if that is not known. */
  readonly expiresAt?: number | undefined;
}

export interface AuthorizationOptions {
  /** Sends the login request. It uses the same certificates as those requests. */
  readonly dispatcher: Dispatcher;
  /** Milliseconds since 1970: tokens expire by the calendar. */
  readonly now: () => number;
}
