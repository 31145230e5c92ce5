import type { Question } from "../../console/questions.js";
import type { ConsulReport } from "../../consul/report.js";
import type { Assets } from "./assets.js";

/** What the API needs of the console. */
export interface ConsoleAccess {
  /** The browser's program; `undefined` if there is none. */
  assets(): Assets | undefined;
  /** Resolves to JSON text; to `undefined` if there is no such thing. Rejects if there is no answer at the moment. */
  ask(question: Question): Promise<string | undefined>;
  /** What there is to see of Consul's API; `undefined` while it is not served. */
  consul(): ConsulReport | undefined;
}
