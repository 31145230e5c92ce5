/** The checks of real targets. */
import http from "node:http";
import https from "node:https";
import net, { isIP } from "node:net";
import { BODY_OCTETS, type HttpCheck, type TcpCheck } from "../config/health.js";
import { BodySearch } from "./body-search.js";
import type { Probe } from "./probe.js";
import { reasonFor } from "./reasons.js";

/** Headers of a response that are read at most: a target cannot make this server keep more. */
const MAX_HEADER_OCTETS = 16_384;

export const probeTarget: Probe = ({ check, address, done }) =>
  check.type === "tcp" ? probeTcp(check, address, done) : probeHttp(check, address, done);

type Done = (error: string | undefined) => void;

function probeTcp({ port, source }: TcpCheck, address: string, done: Done): () => void {
  const socket = net.connect({ host: address, port, ...sourceOf(source) });
  socket.once("connect", () => done(undefined));
  socket.on("error", (error) => done(reasonFor(error)));
  // A connection that has done its work is reset rather than kept for minutes: the target may be checked every second.
  return () => socket.resetAndDestroy();
}

function probeHttp(check: HttpCheck, address: string, done: Done): () => void {
  const { port, path, host = address, source, verify } = check;
  const options: https.RequestOptions = {
    host: address,
    port,
    path,
    agent: false,
    maxHeaderSize: MAX_HEADER_OCTETS,
    headers: { host: hostHeader(host, check), "user-agent": "mesos-dns-health-check", connection: "close" },
    ...sourceOf(source),
  };
  // Without a name there is nothing to send (RFC 6066 section 3); the certificate then has to be valid for the address.
  const tls = { servername: isIP(host) ? "" : host, rejectUnauthorized: verify };
  const request = check.type === "https" ? https.get({ ...options, ...tls }) : http.get(options);
  request.on("response", (response) => judge(response, check, done));
  request.on("error", (error) => done(reasonFor(error)));
  return () => request.destroy();
}

/** Redirects are not followed: they could lead anywhere. */
function judge(response: http.IncomingMessage, { status, body }: HttpCheck, done: Done): void {
  const { statusCode = 0 } = response;
  if (statusCode < status.from || statusCode > status.to) {
    done(`status ${statusCode}, not ${status.from === status.to ? status.from : `${status.from}-${status.to}`}`);
    return;
  }
  if (body === undefined) {
    done(undefined);
    return;
  }
  const search = new BodySearch(body, BODY_OCTETS);
  const missing = `the first ${BODY_OCTETS} octets of the body do not contain the text`;
  response.on("data", (chunk: Buffer) => {
    const found = search.add(chunk);
    if (found !== undefined) done(found ? undefined : missing);
  });
  response.on("end", () => done(missing));
  response.on("error", (error) => done(reasonFor(error)));
}

function hostHeader(host: string, { type, port }: HttpCheck): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (type === "https" ? 443 : 80) ? name : `${name}:${port}`;
}

function sourceOf(source: string | undefined): { readonly localAddress?: string } {
  return source === undefined ? {} : { localAddress: source };
}
