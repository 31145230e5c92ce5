import type { ClusterConfig, ZoneConfig } from "../../config/config.js";
import type { KeysOf } from "../../config/slices.js";

/** The part of the configuration that says where and how the cluster is read. */
export type SourceConfig = ClusterConfig & Pick<ZoneConfig, "vips" | "consul">;

export const SOURCE_KEYS: KeysOf<SourceConfig> = {
  catalog: true,
  zk: true,
  masters: true,
  mesosAuthentication: true,
  mesosCredentials: true,
  IAMConfigFile: true,
  mesosHTTPSOn: true,
  CACertFile: true,
  CertFile: true,
  KeyFile: true,
  refreshSeconds: true,
  updates: true,
  failoverGrace: true,
  maxShrink: true,
  stateTimeoutSeconds: true,
  stateMaxBytes: true,
  zkDetectionTimeout: true,
  vips: true,
  consul: true,
};
