/** The names of the health checks that static records may have. */
export const HEALTH_CHECK_NAMES: ReadonlySet<string> = new Set();
