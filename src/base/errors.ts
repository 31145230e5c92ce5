/**
 * An error for people. Its message says in one sentence what went wrong, where, and what to do. Its `code` is stable, for log
 * searches and tests. docs/errors.md lists every code.
 */
export class MesosDnsError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MesosDnsError";
    this.code = code;
  }
}

export type ErrorCode =
  | "CONFIG_UNREADABLE"
  | "CONFIG_INVALID"
  | "USAGE"
  | "LISTEN_ADDRESS_IN_USE"
  | "LISTEN_PERMISSION"
  | "LISTEN_FAILED"
  | "QUERY_LOG_UNWRITABLE"
  | "ENGINE_UNAVAILABLE"
  | "CREDENTIALS_UNREADABLE"
  | "RECORDS_FILE_UNREADABLE"
  | "RECORDS_FILE_INVALID"
  | "CERTIFICATE_EXPIRED"
  | "LOGIN_FAILED"
  | "MASTER_UNREACHABLE"
  | "MASTER_TIMEOUT"
  | "MASTER_STATUS"
  | "MASTER_NOT_LEADING"
  | "ZOOKEEPER_UNREACHABLE"
  | "ZOOKEEPER_AUTH"
  | "ZOOKEEPER_NO_MASTERS"
  | "ZOOKEEPER_NODE_UNREADABLE"
  | "STATE_TOO_LARGE"
  | "STATE_CONTENT_TYPE"
  | "STATE_INVALID"
  | "STREAM_UNSUPPORTED"
  | "STREAM_LOST"
  | "STREAM_INVALID"
  | "ZONE_FILE_DAMAGED"
  | "ZONE_FILE_FOREIGN"
  | "ZONE_FILE_UNREADABLE"
  | "ZONE_FILE_UNWRITABLE"
  | "THREAD_LOST"
  | "SERVER_UNREACHABLE"
  | "MARATHON_UNREACHABLE"
  | "MARATHON_STATUS"
  | "MARATHON_INVALID"
  | "LB_TEMPLATE"
  | "LB_HAPROXY"
  | "LB_STATUS"
  | "VIP_LOCKED"
  | "VIP_PLANE"
  | "VIP_SOURCE"
  | "VIP_STATUS"
  | "KV_FILE_DAMAGED"
  | "KV_FILE_UNREADABLE"
  | "KV_FILE_UNWRITABLE"
  | "KV_FILE_TAKEN"
  | "KV_ENSEMBLE_AWAY"
  | "KV_OUTCOME_UNKNOWN"
  | "KV_TOO_LARGE"
  | "KV_NODE_UNREADABLE"
  | "KV_BUSY"
  | "LB_DEPLOY_APP"
  | "LB_DEPLOY_FLAGS"
  | "LB_DEPLOY_UNFINISHED"
  | "LB_DEPLOY_BALANCER"
  | "LB_DEPLOY_HOOK"
  | "LB_DEPLOY_CREATE"
  | "LB_DEPLOY_DELETE"
  | "LB_DEPLOY_SCALE"
  | "LB_DEPLOY_STUCK"
  | "LB_RULES_DAMAGED"
  | "LB_RULES_UNREADABLE"
  | "LB_RULES_UNWRITABLE"
  | "LB_RULES_AWAY"
  | "INTERNAL";

/** An error as threads pass it to each other. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The code of anything thrown. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof MesosDnsError ? error.code : "INTERNAL";
}

/** Whether anything thrown is an error of the system's with this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The message of anything thrown, for a log line or a wrapped error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The message of what a request failed of: where a connection has failed, that is in the error's cause. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause instanceof Error ? cause : error);
}
