import { causeOf, MesosDnsError } from "../../base/errors.js";
import { formatHostPort } from "../../base/host-port.js";
import { printable } from "../../base/printable.js";
import type { LbSettings } from "../../config/lb.js";
import { isWell, type LbStatus, statusText } from "../../lb/report.js";
import { STATUS_PATH } from "../../lb-run/status-server.js";
import { localStatus } from "../local-status.js";

/** `mesos-dns lb status`: what the `run` of this machine has, with status 1 if anything is wrong. */
export async function printStatus({ listen }: LbSettings): Promise<void> {
  const url = `http://${formatHostPort(listen)}${STATUS_PATH}`;
  const status = await fetched(url);
  process.stdout.write(statusText(status).split("\n").map(printable).join("\n"));
  if (!isWell(status)) process.exitCode = 1;
}

async function fetched(url: string): Promise<LbStatus> {
  try {
    return (await localStatus(url)) as LbStatus;
  } catch (error) {
    const advice = "is `mesos-dns lb run` running, with the same lb.listen?";
    throw new MesosDnsError("LB_STATUS", `nobody tells a status at ${url} (${causeOf(error)}): ${advice}`);
  }
}
