/** Virtual addresses: how soon nodes hear of a change and carry it out, what that costs, and what connections through them cost. */
import { report } from "./lib/report.mjs";
import { listSection } from "./lib/vip-list.mjs";
import { waySections } from "./lib/vip-ways.mjs";

const SECONDS = Number(process.env.BENCH_VIPS_SECONDS ?? 30);

export async function benchVips() {
  const sections = [await listSection(SECONDS), ...(await waySections(SECONDS))];
  report("vips", "Virtual addresses", sections);
}
