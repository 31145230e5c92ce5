import { CONTENT_TYPE } from "./dnstap.js";

/**
 * Frame Streams (https://farsightsec.github.io/fstrm): frames of data, each with its length in four octets in front, between frames of
 * control, which have a length of 0 in front. To a socket, writer and reader agree first; to a file, the writer only says what is in it.
 *
 *     socket:  READY ─>  <─ ACCEPT   START ─>   data … ─>   STOP ─>  <─ FINISH
 *     file:                          START      data …      STOP
 */
export const CONTROL = { ACCEPT: 1, START: 2, STOP: 3, READY: 4, FINISH: 5 } as const;
export type Control = (typeof CONTROL)[keyof typeof CONTROL];

const FIELD_CONTENT_TYPE = 1;
/** Most octets of a frame of control (as in fstrm). */
const MAX_CONTROL = 512;
const WORD = 4;

/** A frame of control. Those that begin a stream say what is in it. */
export function controlFrame(type: Control): Uint8Array {
  const content = type === CONTROL.READY || type === CONTROL.START ? Buffer.from(CONTENT_TYPE) : Buffer.alloc(0);
  const field = content.length === 0 ? 0 : 2 * WORD + content.length;
  const frame = Buffer.alloc(3 * WORD + field);
  frame.writeUInt32BE(WORD + field, WORD);
  frame.writeUInt32BE(type, 2 * WORD);
  if (field > 0) {
    frame.writeUInt32BE(FIELD_CONTENT_TYPE, 3 * WORD);
    frame.writeUInt32BE(content.length, 4 * WORD);
    content.copy(frame, 5 * WORD);
  }
  return frame;
}

/** A frame of control from the reader. */
export interface ControlFrame {
  readonly type: number;
  /** What the reader takes; empty for anything. */
  readonly contentTypes: readonly string[];
}

/** Reads frames of control from parts of a stream. */
export class ControlReader {
  #rest = Buffer.alloc(0);

  /** The frames that are complete with this part. @throws {Error} if it is no stream of such frames */
  read(part: Uint8Array): ControlFrame[] {
    this.#rest = Buffer.concat([this.#rest, part]);
    const frames: ControlFrame[] = [];
    while (this.#rest.length >= 2 * WORD) {
      const length = this.#rest.readUInt32BE(WORD);
      if (this.#rest.readUInt32BE(0) !== 0 || length < WORD || length > MAX_CONTROL)
        throw new Error("it does not speak Frame Streams");
      if (this.#rest.length < 2 * WORD + length) break;
      frames.push(frameOf(this.#rest.subarray(2 * WORD, 2 * WORD + length)));
      this.#rest = this.#rest.subarray(2 * WORD + length);
    }
    return frames;
  }
}

function frameOf(payload: Buffer): ControlFrame {
  const contentTypes: string[] = [];
  for (let at = WORD; at + 2 * WORD <= payload.length; ) {
    const length = payload.readUInt32BE(at + WORD);
    if (payload.readUInt32BE(at) === FIELD_CONTENT_TYPE)
      contentTypes.push(payload.toString("latin1", at + 2 * WORD, at + 2 * WORD + length));
    at += 2 * WORD + length;
  }
  return { type: payload.readUInt32BE(0), contentTypes };
}
