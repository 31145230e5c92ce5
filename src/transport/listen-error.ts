import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";

/** What listens, and the key that says where. */
const KEYS = {
  UDP: "listener",
  TCP: "listener",
  HTTP: "httplistener",
  "Consul's API": "consul.httpListener",
} as const;
export type Listening = keyof typeof KEYS;

/** The error for a socket that cannot be opened, with advice for the operator. */
export function listenError(error: Error, what: Listening, host: string, port: number): MesosDnsError {
  const where = `${what} ${formatHostPort({ host, port })}`;
  const options = { cause: error };
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE": {
      const advice = `stop what listens there (ss -lnp 'sport = :${port}' shows it) or choose another port`;
      return new MesosDnsError("LISTEN_ADDRESS_IN_USE", `${where} is in use: ${advice}`, options);
    }
    case "EACCES": {
      const advice = "give the process CAP_NET_BIND_SERVICE (systemd/mesos-dns.service does) or use a port above 1023";
      return new MesosDnsError("LISTEN_PERMISSION", `no permission for ${where}: ${advice}`, options);
    }
    case "EADDRNOTAVAIL":
      return new MesosDnsError(
        "LISTEN_FAILED",
        `${where} is not an address of this machine: change ${KEYS[what]}`,
        options,
      );
    default:
      return new MesosDnsError("LISTEN_FAILED", `cannot listen on ${where}: ${error.message}`, options);
  }
}
