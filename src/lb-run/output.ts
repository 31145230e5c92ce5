import type { LbReport } from "../lb/report.js";
import type { MarathonApp } from "../sources/marathon/app.js";
import type { AppsNews } from "../sources/marathon/source.js";
import type { LbMaps } from "./status-server.js";

/** What has HAProxy carry apps, in one of the formats. What it carries goes on when this stops. */
export interface Output {
  start(): void;
  /** From now on these apps are to be carried. @param since when they were told, in milliseconds of the clock of the timers */
  take(news: Pick<AppsNews, "source"> & { readonly apps: readonly MarathonApp[] }, since: number): void;
  /** Has HAProxy read its configuration again, where that is not done by itself. */
  reload(): void;
  readonly report: Omit<LbReport, "sources">;
  /** The configuration that HAProxy has read. */
  configuration(): Promise<string>;
  maps(): LbMaps;
  stop(): Promise<void>;
}
