import { MesosDnsError } from "../../../base/errors.js";

/** Nothing was stored. @param reason a clause, such as `the connection was refused` */
export function awayError(reason: string): MesosDnsError {
  return new MesosDnsError("KV_ENSEMBLE_AWAY", `nothing is stored: ZooKeeper is away (${reason}); try again`);
}

/** It may have been stored. @param reason a clause as well */
export function unknownError(reason: string): MesosDnsError {
  const message = `it is not known whether the key is stored: ZooKeeper was asked to (${reason}); read the key, then try again`;
  return new MesosDnsError("KV_OUTCOME_UNKNOWN", message);
}
