/** An answering thread: owns the sockets, reads the snapshot, and does nothing that takes long. */
import { randomInt } from "node:crypto";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Config } from "../config/config.js";
import { Answerer, type AnswerPolicy } from "../dns/answer.js";
import { MesosDnsError, messageOf } from "../errors.js";
import { ForwardCounter } from "../forward/counter.js";
import { exchangeTcp, exchangeUdp } from "../forward/exchange.js";
import { type ForwardPolicy, SequentialForwarder } from "../forward/forwarder.js";
import { createLogger } from "../log.js";
import { QueryStats } from "../metrics/query-stats.js";
import { createRandom } from "../random.js";
import { DnsService } from "../transport/service.js";
import { TCP_LIMITS, TcpTransport } from "../transport/tcp.js";
import { DgramEngine } from "../transport/udp-dgram.js";
import { Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import type { FromResponder, ResponderStart, ToResponder } from "./messages.js";

/** How long answers in flight are waited for when stopping. */
const DRAIN_MS = 3_000;
const DRAIN_STEP_MS = 20;
const REPORT_MS = 1_000;

if (!parentPort) throw new Error("responder.js is a worker thread of main.js, not a program");
const port = parentPort;
const { config, verbosity, apexes, stats: memory } = workerData as ResponderStart;
const log = createLogger(verbosity, "responder");

const stats = new QueryStats(memory);
const answerer = new Answerer(Snapshot.empty(apexes), answerPolicy(config), createRandom(randomInt(1, 2 ** 32)));
const counter = new ForwardCounter();
const forwarder = new SequentialForwarder(
  { udp: exchangeUdp, tcp: exchangeTcp, randomId: () => randomInt(0x10000), count: counter.count },
  forwardPolicy(config),
);
const service = new DnsService({ answerer, forwarder, stats, log, now: () => performance.now() });
const address = { host: config.listener, port: config.port };
const udp = new DgramEngine({ address, service });
const tcp = new TcpTransport({ address, service, stats, limits: TCP_LIMITS });
let reported = "";

function answerPolicy(from: Config): AnswerPolicy {
  return {
    maxUdpPayload: from.maxUdpPayload,
    setTruncateBit: from.SetTruncateBit,
    recursionAvailable: from.recurseon,
    forwarding: from.externalon,
  };
}

function forwardPolicy(from: Config): ForwardPolicy {
  return { resolvers: from.resolvers, zoneResolvers: from.zoneResolvers, timeoutMs: from.timeout * 1000 };
}

function follow(snapshots: MessagePort): void {
  snapshots.on("message", (update: SnapshotUpdate) => {
    answerer.use(answerer.snapshot.with(update));
    snapshots.postMessage(update.generation);
  });
}

async function listen(): Promise<void> {
  try {
    await udp.listen();
    await tcp.listen();
    post({ kind: "listening" });
  } catch (error) {
    const code = error instanceof MesosDnsError ? error.code : "LISTEN_FAILED";
    post({ kind: "failed", failure: { code, message: messageOf(error), at: Date.now() } });
  }
}

/** Takes nothing new, gives answers in flight their time, and ends. */
async function stop(): Promise<void> {
  udp.stop();
  tcp.stop();
  const deadline = performance.now() + DRAIN_MS;
  while ((service.pending > 0 || tcp.openConnections > 0) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
  }
  tcp.close();
  await udp.close();
  report();
  post({ kind: "stopped" });
  port.close();
}

/** Forwards are counted by resolver, of which there are few: a message when something changed will do. */
function report(): void {
  const state = { counts: counter.counts(), inFlight: forwarder.inFlight };
  const text = JSON.stringify(state);
  if (text === reported) return;
  reported = text;
  post({ kind: "forwards", ...state });
}

function post(message: FromResponder): void {
  port.postMessage(message);
}

port.on("message", (message: ToResponder) => {
  switch (message.kind) {
    case "snapshots":
      follow(message.port);
      break;
    case "configure":
      answerer.configure(answerPolicy(message.config));
      forwarder.configure(forwardPolicy(message.config));
      break;
    case "stale":
      answerer.stale = message.stale;
      break;
    case "stop":
      stop().catch((error: unknown) => log.error({ err: error }, "stopping failed"));
      break;
  }
});
setInterval(report, REPORT_MS).unref();
await listen();
