import type { TransferConfig } from "./config.js";

/** Whether anybody may transfer zones, or is told of their changes. */
export function transfersZones({ allowTransfer, notify }: Pick<TransferConfig, "allowTransfer" | "notify">): boolean {
  return allowTransfer.length > 0 || notify.length > 0;
}
