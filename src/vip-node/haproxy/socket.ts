import { connect } from "node:net";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { answersIn, sessionOf } from "./commands.js";

/** Asks HAProxy on its socket, command by command; rejects if not every one was answered. */
export type AskHaproxy = (commands: readonly string[]) => Promise<readonly string[]>;

/** Commands of a session: more are several sessions, so that HAProxy does other things in between. */
const MAX_COMMANDS = 1_000;
const IDLE_MS = 5_000;
/** Ten times what 10,000 services with 5 targets each take. */
const MAX_OUTPUT_OCTETS = 256 * 1024 * 1024;

export function askAt(path: string): AskHaproxy {
  return async (commands) => {
    const answers: string[] = [];
    for (let at = 0; at < commands.length; at += MAX_COMMANDS) {
      const some = commands.slice(at, at + MAX_COMMANDS);
      const these = answersIn(await exchange(path, sessionOf(some)), some.length);
      if (!these) throw new Error(`HAProxy did not answer every command on ${path}`);
      answers.push(...these);
    }
    return answers;
  };
}

/** Whether an error of asking says that nobody is there. */
export function isGone(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ECONNREFUSED");
}

/** The same error in words of the plane. */
export function failureOf(error: unknown): MesosDnsError {
  if (error instanceof MesosDnsError) return error;
  return new MesosDnsError("VIP_PLANE", `HAProxy cannot be asked: ${messageOf(error)}`, { cause: error });
}

/** Whether anybody listens there, as far as can be told. */
export function isThere(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => end(true)).once("error", (error) => end(!isGone(error)));
  });
}

function exchange(path: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const chunks: Buffer[] = [];
    let octets = 0;
    const limits = `${IDLE_MS / 1_000} s`;
    socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`HAProxy said nothing on ${path} for ${limits}`)));
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      octets += chunk.length;
      chunks.push(chunk);
      if (octets > MAX_OUTPUT_OCTETS) socket.destroy(new Error(`HAProxy said more than ${MAX_OUTPUT_OCTETS} octets`));
    });
    socket.once("end", () => resolve(Buffer.concat(chunks).toString()));
    socket.once("close", () => reject(new Error(`HAProxy closed ${path}`)));
    // Not ended: HAProxy may drop what it has not read yet when its client has closed. It ends after "quit".
    socket.write(input);
  });
}
