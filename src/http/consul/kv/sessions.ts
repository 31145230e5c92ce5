/** `/v1/session/*`. */
import type { Session } from "../../../consul/kv/model.js";
import type { Sessions } from "../../../consul/kv/session-keeper.js";
import type { KvStore } from "../../../consul/kv/store.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Reading } from "../endpoint.js";
import { arrayOf, json, refusal, stored, text } from "./answers.js";
import { readSession, type SessionNodes } from "./session-request.js";

/** Octets of the largest request for a session. */
const MAX_REQUEST = 16_384;
const MISSING = text(400, "Missing session");
const NANOSECONDS = 1_000_000;

export interface KvEndpointOptions {
  readonly store: KvStore;
  readonly sessions: Sessions;
  readonly nodes: SessionNodes;
  /** A new UUID. */
  readonly newId: () => string;
  /** Whether what keeps the keys answers. `undefined` for this server itself. */
  readonly contact?: ConsulEndpoint["contact"];
}

export function sessionEndpoints(options: KvEndpointOptions): readonly ConsulEndpoint[] {
  const { store, sessions } = options;
  return [
    { path: "/v1/session/create", maxBody: MAX_REQUEST, PUT: (request) => create(options, request) },
    { path: "/v1/session/destroy/", PUT: ({ rest }) => (rest === "" ? MISSING : destroy(sessions, rest)) },
    { path: "/v1/session/renew/", PUT: ({ rest }) => (rest === "" ? MISSING : renew(sessions, rest)) },
    { path: "/v1/session/info/", GET: ({ rest }) => (rest === "" ? MISSING : info(store, rest)) },
    { path: "/v1/session/list", GET: () => list(store, () => true) },
    {
      path: "/v1/session/node/",
      GET: ({ rest }) => (rest === "" ? text(400, "Missing node name") : list(store, ({ node }) => isSame(node, rest))),
    },
  ];
}

function create(
  { sessions, nodes, newId }: KvEndpointOptions,
  { body }: ConsulRequest,
): Promise<ConsulAnswer> | ConsulAnswer {
  const wanted = readSession(body.toString("utf8"), nodes);
  if ("status" in wanted) return wanted;
  const id = newId();
  const begun = sessions.begin({ id, ...wanted });
  return stored(begun.then((outcome) => (outcome.ok ? json([JSON.stringify({ ID: id })]) : refusal(outcome))));
}

function destroy(sessions: Sessions, id: string): Promise<ConsulAnswer> {
  return stored(sessions.end(id).then(() => json(["true"])));
}

function renew(sessions: Sessions, id: string): Promise<ConsulAnswer> {
  const renewed = async () => {
    const session = await sessions.renew(id);
    return session ? json([...arrayOf([session], sessionJson)]) : text(404, `Session id '${id}' not found`);
  };
  return stored(renewed());
}

function info(store: KvStore, id: string): Reading {
  const index = () => store.now.session(id)?.createIndex ?? store.now.sessionsIndex;
  return {
    index,
    watch: (listener) => store.watchSession(id, listener),
    answer: () => {
      const session = store.now.session(id);
      return json([...arrayOf(session ? [session] : [], sessionJson)], index());
    },
  };
}

function list(store: KvStore, isWanted: (session: Session) => boolean): Reading {
  const index = () => store.now.sessionsIndex;
  return {
    index,
    watch: (listener) => store.watchSessions(listener),
    answer: () => json([...arrayOf(store.now.sessions().filter(isWanted), sessionJson)], index()),
  };
}

/** Names of nodes are compared without regard to case. */
function isSame(node: string, other: string): boolean {
  return node.toLowerCase() === other.toLowerCase();
}

function sessionJson({ id, name, node, lockDelayMs, behavior, ttl, nodeChecks, createIndex }: Session): string {
  return JSON.stringify({
    ID: id,
    Name: name,
    Node: node,
    LockDelay: lockDelayMs * NANOSECONDS,
    Behavior: behavior,
    TTL: ttl,
    NodeChecks: nodeChecks,
    ServiceChecks: null,
    CreateIndex: createIndex,
    ModifyIndex: createIndex,
  });
}
