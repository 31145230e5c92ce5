import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";

/** The error for a socket that cannot be opened, with advice for the operator. */
export function listenError(error: Error, protocol: "UDP" | "TCP" | "HTTP", host: string, port: number): MesosDnsError {
  const where = `${protocol} ${formatHostPort({ host, port })}`;
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
        `${where} is not an address of this machine: change ${protocol === "HTTP" ? "httplistener" : "listener"}`,
        options,
      );
    default:
      return new MesosDnsError("LISTEN_FAILED", `cannot listen on ${where}: ${error.message}`, options);
  }
}
