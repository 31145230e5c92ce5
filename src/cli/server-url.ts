import { existsSync } from "node:fs";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import { isWildcard } from "../base/wildcards.js";
import { loadConfig } from "../config/load.js";
import { readDnsServer } from "../config/names.js";
import { loadOptions } from "./configuration.js";
import { usage } from "./flags.js";

const DEFAULT_CONFIG_FILE = "config.json";
const DEFAULT_URL = "http://127.0.0.1:8123";

/** Where the running server answers queries: as it is given, as the configuration says, or where it does by default. */
export function dnsServer(given: string | undefined, configFile: string | undefined): HostPort {
  const read = given === undefined ? undefined : readDnsServer(given);
  if (given !== undefined && !read) throw usage(`@${given} is no server: write @ADDRESS or @ADDRESS:PORT`);
  if (read) return read;
  if (configFile === undefined && !existsSync(DEFAULT_CONFIG_FILE)) return { host: "127.0.0.1", port: 53 };
  const { listener, port } = loadConfig(loadOptions(configFile ?? DEFAULT_CONFIG_FILE, false)).config;
  const [host = ""] = listener;
  return { host: host === "" || isWildcard(host) ? "127.0.0.1" : host, port };
}

/** Where the API of the running server is: as it is given, as the configuration says, or where it is by default. */
export function serverUrl(given: string | undefined, configFile: string | undefined): string {
  if (given !== undefined) return given.replace(/\/+$/, "");
  if (configFile === undefined && !existsSync(DEFAULT_CONFIG_FILE)) return DEFAULT_URL;
  const { httplistener, httpport } = loadConfig(loadOptions(configFile ?? DEFAULT_CONFIG_FILE, false)).config;
  const host = httplistener === "" || isWildcard(httplistener) ? "127.0.0.1" : httplistener;
  return `http://${formatHostPort({ host, port: httpport })}`;
}
