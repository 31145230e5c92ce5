/** Servers as HAProxy's statistics tell of them. */

export interface ServerStats {
  readonly backend: string;
  readonly name: string;
  /** Whether it gets requests. */
  readonly isServing: boolean;
  /** Whether it gets no new ones because it has been told so. */
  readonly isDraining: boolean;
  /** Whether requests wait for it, or are under way. */
  readonly isBusy: boolean;
}

/** Servers without checks are `no check`. A number of checks may follow: `UP 1/3`. */
const SERVING = /^(?:UP\b|no check)/u;
const DRAINING = /^(?:MAINT|DRAIN)\b/u;

/** @param csv the answer to `/haproxy?stats;csv`. Throws an Error if it is none */
export function readStats(csv: string): readonly ServerStats[] {
  const [head = "", ...lines] = csv.split(/\r?\n/u);
  const names = head.replace(/^#\s*/u, "").split(",");
  const at = (name: string) => {
    const place = names.indexOf(name);
    if (place < 0) throw new Error(`it has no column ${name}`);
    return place;
  };
  const [backend, server, queued, sessions, status] = ["pxname", "svname", "qcur", "scur", "status"].map(at);
  return lines.flatMap((line) => {
    // Texts, which may have commas, stand behind these columns.
    const cells = line.split(",");
    const cell = (place = 0) => cells[place] ?? "";
    if (cells.length < 2 || cell(server) === "FRONTEND" || cell(server) === "BACKEND") return [];
    return [
      {
        backend: cell(backend),
        name: cell(server),
        isServing: SERVING.test(cell(status)),
        isDraining: DRAINING.test(cell(status)),
        isBusy: Number(cell(queued)) > 0 || Number(cell(sessions)) > 0,
      },
    ];
  });
}
