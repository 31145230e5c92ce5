import { MesosDnsError } from "../../base/errors.js";
import { parseLbFlags } from "./flags.js";
import { renderConfiguration } from "./render.js";

/** `mesos-dns lb`: HAProxy's configuration from what runs. @param words those behind `lb` */
export function runLb([action, ...words]: readonly string[]): Promise<void> {
  if (action === "render") return renderConfiguration(parseLbFlags(words), process.env);
  throw new MesosDnsError("USAGE", "lb needs one of render; see mesos-dns --help");
}
