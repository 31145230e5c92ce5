import type { ErrorCode } from "../../base/errors.js";

/** Exit statuses of zdd.py, which scripts know. */
const DECLINED = 1;
const UNKNOWN = 2;
const STATUSES: Partial<Record<ErrorCode, number>> = {
  LB_DEPLOY_FLAGS: 3,
  LB_DEPLOY_APP: 4,
  LB_DEPLOY_BALANCER: 5,
  MARATHON_UNREACHABLE: 6,
  MARATHON_STATUS: 6,
  MARATHON_INVALID: 6,
  LOGIN_FAILED: 6,
  CREDENTIALS_UNREADABLE: 6,
  LB_DEPLOY_CREATE: 7,
  LB_DEPLOY_DELETE: 8,
  LB_DEPLOY_SCALE: 9,
  LB_DEPLOY_STUCK: 9,
};

/** The exit status of a deployment that has failed. */
export function statusOfFailure(code: ErrorCode): number {
  return STATUSES[code] ?? UNKNOWN;
}

/** The exit status of a deployment that has not. @param isDone `false` if a person said no */
export function statusOfEnd(isDone: boolean): number {
  return isDone ? 0 : DECLINED;
}
