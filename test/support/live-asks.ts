import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { type At, askUdp, sendUdp, TcpClient } from "./ask.js";
import { type Ask, decode, encodeQuery, lines } from "./dns.js";
import { closedAfter } from "./live-probes.js";
import { base, FAILED_OVER, folder, master, other, secured, server } from "./live-server.js";
import { until } from "./wait.js";

/** What can be asked of the server whose keys are changed. */

let serial = 0;

export const at = (): At => ({ host: "127.0.0.1", port: server.port });
export const outside = () => `n${serial++}.example`;
export const ask = (name: string, how?: Ask) => askUdp(at(), name, how);
export const answersOf = async (name: string, how?: Ask) => lines((await ask(name, how)).answers).sort();
export const web = async () => (await answersOf("web.marathon.mesos")).map((line) => line.split(" ").at(-1)).join(" ");
export const soa = async () => lines((await ask("nobody.mesos")).authorities)[0]?.split(" ") ?? [];
export const rcode = async (name: string, how?: Ask) => (await ask(name, how)).rcode;
/** The rcode of an answer over HTTPS, as a proxy on this machine asks for it. */
export async function overHttps(name: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const type = { "content-type": "application/dns-message" };
  const message = { method: "POST", headers: { ...type, ...headers }, body: new Uint8Array(encodeQuery(name)) };
  const response = await server.fetch("/dns-query", message);
  return decode(new Uint8Array(await response.arrayBuffer())).rcode;
}

export const failures = async (code: string) =>
  (await server.metric(`mesos_dns_state_failures_total{code="${code}"}`)) ?? 0;
export const masterHeard = (header: string) => async () =>
  master.requests.some(({ headers }) => headers.authorization === header);
/** Whether the configuration in effect has this value. */
export const shows = (field: string, isSeen: (value: unknown) => boolean) => async () =>
  isSeen((await server.json<Readonly<Record<string, unknown>>>("/v1/config"))[field]);
export const status = async (path: string, init?: RequestInit) => (await server.fetch(path, init)).status;
export const basic = (principal: string, secret: string) =>
  `Basic ${Buffer.from(`${principal}:${secret}`).toString("base64")}`;

/** Of `count` queries at once, how many are answered in a way that is not NOERROR. */
export async function refused(count: number): Promise<number> {
  const all = await Promise.all(Array.from({ length: count }, () => rcode(outside())));
  return all.filter((code) => code !== "NOERROR").length;
}

/** Of 20 queries in a row, how many answers are missing or truncated within a moment. */
export async function limited(name: string, wanted: "missing" | "truncated"): Promise<boolean> {
  const waiting = Array.from({ length: 20 }, () =>
    Promise.race([ask(name), new Promise<undefined>((done) => setTimeout(() => done(undefined), 500))]),
  );
  const answers = await Promise.all(waiting);
  return answers.some((answer) => (wanted === "missing" ? answer === undefined : answer?.flag_tc === true));
}

/** Whether networks of /24 have one answer a second between them. Asked twice: by chance, two of them may have one bucket. */
export const shareLimit = async () => (await isOneTooMany()) && (await isOneTooMany());

/** Whether one answer is withheld from two addresses of 127.0.0.0/8 that nobody has asked from. */
async function isOneTooMany(): Promise<boolean> {
  const withheld = async () => (await server.metric('mesos_dns_responses_rate_limited_total{action="withheld"}')) ?? 0;
  const before = await withheld();
  const network = ++serial % 256;
  let answered = 0;
  for (const host of [1, 2]) {
    const query = encodeQuery("web.marathon.mesos");
    sendUdp(at(), query, `127.${network}.${host}.1`).then(
      () => answered++,
      () => undefined,
    );
  }
  const outcome = await until("both answers, or one withheld", async () =>
    answered === 2 ? "apart" : (await withheld()) > before && "together",
  );
  return outcome === "together";
}

/** Whether the tasks are gone of which a new leader has not heard. */
export async function areGivenUp(): Promise<boolean> {
  master.lead(FAILED_OVER);
  const fate = await until("the new leader's state", async () => {
    if ((await web()) === "") return "given up";
    return ((await server.metric("mesos_dns_guard_held_tasks")) ?? 0) > 0 && "held";
  });
  return fate === "given up";
}

export async function isSecure(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["dot", "h2"] }, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

export async function loginAsked(): Promise<boolean> {
  return other.requests.some(({ path }) => path === "/login");
}

export function account(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const private_key = privateKey.export({ type: "pkcs8", format: "pem" });
  const file = join(folder, "account.json");
  writeFileSync(file, JSON.stringify({ uid: "u", private_key, login_endpoint: `http://${other.address}/login` }));
  return file;
}

export const CERT = () => ({ tlsCertFile: join(folder, "cert"), tlsKeyFile: join(folder, "key") });
export const FROM_SECURED = () => ({
  masters: [secured.address],
  mesosHTTPSOn: true,
  CACertFile: join(folder, "cert"),
  CertFile: join(folder, "cert"),
  KeyFile: join(folder, "key"),
});
export const isFromOther = async () => (await web()).includes("203.0.113.9");
export const isFromSecured = async () => (await web()).includes("203.0.113.8");
export const areSecure = async () =>
  (await isSecure(base.tlsPort as number)) && (await isSecure(base.httpsPort as number));
export const login = (principal: string, secret: string) => ({
  mesosAuthentication: "basic",
  mesosCredentials: { principal, secret },
});

export async function isSecondClosed(): Promise<boolean> {
  const first = await TcpClient.connect(at());
  const elapsed = await closedAfter(at(), new Uint8Array(0), 1_000);
  first.close();
  return elapsed < 900;
}
