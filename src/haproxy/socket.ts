import { connect } from "node:net";
import { type ErrorCode, hasCode, MesosDnsError, messageOf } from "../base/errors.js";

/** Asks HAProxy on its socket, command by command; rejects if not every one was answered. */
export type AskHaproxy = (commands: readonly string[]) => Promise<readonly string[]>;

/** Stands in front of every answer, and never in one. */
const PROMPT = "\n> ";
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

/** The same error for people. */
export function failureOf(error: unknown, code: ErrorCode): MesosDnsError {
  if (error instanceof MesosDnsError) return error;
  return new MesosDnsError(code, `HAProxy cannot be asked: ${messageOf(error)}`, { cause: error });
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

/**
 * The commands of one session, one a line. With `;` between them there would be no telling where an answer ends: some end in an empty
 * line, some do not. With a prompt there is.
 */
export function sessionOf(commands: readonly string[]): string {
  return ["prompt", ...commands, "quit", ""].join("\n");
}

/** The answer to each command of a session; `undefined` if any is missing. */
export function answersIn(output: string, count: number): readonly string[] | undefined {
  const [, ...answers] = output.split(PROMPT);
  // Behind the last answer stands one more prompt.
  return answers.length > count ? answers.slice(0, count) : undefined;
}
