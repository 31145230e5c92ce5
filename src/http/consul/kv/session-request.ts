/** What a client says of the session that it wants. */
import { nanosecondsIn } from "../../../base/go-duration.js";
import { type Behavior, MAX_LOCK_DELAY_MS, type Session } from "../../../consul/kv/model.js";
import { NO_LEADER } from "../answers.js";
import type { ConsulAnswer } from "../endpoint.js";
import { text } from "./answers.js";
import { JsonFields, MAX_DEPTH, parseJson } from "./json-fields.js";

const NANOSECONDS_A_MS = 1e6;
const SECOND_MS = 1_000;
const MIN_TTL_MS = 10 * SECOND_MS;
const MAX_TTL_MS = 86_400 * SECOND_MS;
const DEFAULT_LOCK_DELAY_MS = 15 * SECOND_MS;
/** A number below this is seconds, another one nanoseconds. Source: lockDelayMinThreshold of Consul's agent. */
const SECONDS_BELOW = 1_000;
/** Octets of the longest name. */
const MAX_NAME = 512;
/** The check that every node has. */
const NODE_CHECK = "serfHealth";

/** The nodes that sessions can belong to. */
export interface SessionNodes {
  /** The node of a session that names none: this server's. Empty while no masters have said where it is. */
  own(): string;
  has(node: string): boolean;
}

type Wanted = Omit<Session, "id" | "createIndex">;

/** What is wrong is answered as Consul answers it. */
export function readSession(body: string, nodes: SessionNodes): Wanted | ConsulAnswer {
  const parsed = body.trim() === "" ? { value: {} } : parseJson(body);
  const fields = JsonFields.of(parsed?.value);
  if (!fields) return undecodable(`it is no JSON object, or one more than ${MAX_DEPTH} deep`);
  const [name, node, ttl] = [fields.text("Name"), fields.text("Node"), fields.text("TTL")];
  if (name === undefined || node === undefined || ttl === undefined) {
    return undecodable("Name, Node and TTL are text");
  }
  if (Buffer.byteLength(name) > MAX_NAME) return text(400, `Invalid Name: it has more than ${MAX_NAME} octets`);
  if (node !== "" && !nodes.has(node)) return text(500, "Missing node registration");
  const behavior = fields.text("Behavior") || "release";
  if (!isBehavior(behavior)) return text(400, `Invalid Behavior setting '${behavior}': it is release or delete`);
  const ttlMs = ttl === "" ? 0 : wholeMs(nanosecondsIn(ttl));
  if (ttlMs === undefined) return text(400, `Session TTL '${ttl}' invalid: it is a time such as 30s`);
  if (ttlMs !== 0 && (ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS)) {
    return text(400, `Invalid Session TTL '${ttl}', must be between 10s and 86400s`);
  }
  const lockDelayMs = lockDelay(fields.get("LockDelay"));
  if (lockDelayMs === undefined) return undecodable("LockDelay is a time such as 15s");
  const nodeChecks = checksOf(fields);
  if ("status" in nodeChecks) return nodeChecks;
  const owner = node || nodes.own();
  if (owner === "") return NO_LEADER;
  return { name, node: owner, behavior, lockDelayMs, ttl, ttlMs, nodeChecks };
}

/** Whole milliseconds, and no more than a lock is ever delayed. */
function lockDelay(given: unknown): number | undefined {
  if (given === undefined) return DEFAULT_LOCK_DELAY_MS;
  const delay = wholeMs(typeof given === "string" ? nanosecondsIn(given) : nanosecondsOf(given));
  return delay === undefined ? undefined : Math.min(delay, MAX_LOCK_DELAY_MS);
}

function nanosecondsOf(given: unknown): number | undefined {
  if (typeof given !== "number" || given < 0) return undefined;
  return given < SECONDS_BELOW ? given * SECOND_MS * NANOSECONDS_A_MS : given;
}

/** The checks that the session depends on: no service's, since a session that ends with a task is none of Consul's clients'. */
function checksOf(fields: JsonFields): readonly string[] | ConsulAnswer {
  const given = fields.get("NodeChecks") ?? fields.get("Checks") ?? [NODE_CHECK];
  const services = fields.get("ServiceChecks") ?? [];
  if (!Array.isArray(given) || !Array.isArray(services)) return undecodable("NodeChecks and ServiceChecks are lists");
  const [unknown] = [...given.filter((check) => check !== NODE_CHECK), ...services];
  if (unknown !== undefined) return text(500, `Missing check ${JSON.stringify(unknown)} registration`);
  return [...new Set(given as string[])];
}

function wholeMs(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Math.ceil(nanoseconds / NANOSECONDS_A_MS);
}

function isBehavior(text: string): text is Behavior {
  return text === "release" || text === "delete";
}

function undecodable(reason: string): ConsulAnswer {
  return text(400, `Request decode failed: ${reason}`);
}
