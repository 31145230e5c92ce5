import { formatHostPort, type HostPort } from "../base/host-port.js";
import { isWildcard } from "../base/wildcards.js";
import type { HttpConfig } from "../config/config.js";
import { loadConfig } from "../config/load.js";
import { readDnsServer } from "../config/names.js";
import { configFileOf, loadOptions } from "./configuration.js";
import { usage } from "./flags.js";

/** Where Mesos-DNS has its API if nothing else is said. */
export const DEFAULT_API_PORT = 8123;

/** Where the running server answers queries: as it is given, as the configuration says, or where it does by default. */
export function dnsServer(given: string | undefined, configFile: string | undefined): HostPort {
  const read = given === undefined ? undefined : readDnsServer(given);
  if (given !== undefined && !read) throw usage(`@${given} is no server: write @ADDRESS or @ADDRESS:PORT`);
  if (read) return read;
  const file = configFileOf(configFile);
  if (file === undefined) return { host: "127.0.0.1", port: 53 };
  const { listener, port } = loadConfig(loadOptions(file, false)).config;
  const [host = ""] = listener;
  return { host: host === "" || isWildcard(host) ? "127.0.0.1" : host, port };
}

/** Where the API of the running server is: as it is given, as the configuration says, or where it is by default. */
export function serverUrl(given: string | undefined, configFile: string | undefined): string {
  if (given !== undefined) return readUrl(given);
  const file = configFileOf(configFile);
  if (file === undefined) return localUrl(DEFAULT_API_PORT);
  return apiUrl(loadConfig(loadOptions(file, false)).config);
}

/** Where the API of a server with this configuration is, on its own machine. */
export function apiUrl({ httplistener, httpport }: Pick<HttpConfig, "httplistener" | "httpport">): string {
  const host = httplistener === "" || isWildcard(httplistener) ? "127.0.0.1" : httplistener;
  return `http://${formatHostPort({ host, port: httpport })}`;
}

/** The API of a server on this machine. */
export function localUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** A URL without its last slashes; `HOST:PORT` stands for http. @throws {MesosDnsError} USAGE */
export function readUrl(given: string): string {
  const text = /^https?:\/\//i.test(given) ? given : `http://${given}`;
  if (!URL.canParse(text)) throw usage(`${JSON.stringify(given)} is no URL: write http://HOST:PORT`);
  return text.replace(/\/+$/, "");
}
