/** Makes hostile messages by the million, from a seed, so that each can be repeated. */

export interface Fuzz {
  /** Returns unsigned 32-bit integers. */
  readonly random: () => number;
  /** Well-formed messages to start from. */
  readonly corpus: readonly Uint8Array[];
}

const MAX_LENGTH = 600;
const INTERESTING = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff];

export function randomMessage({ random }: Fuzz): Uint8Array {
  const message = new Uint8Array(random() % MAX_LENGTH);
  for (let i = 0; i < message.length; i++) message[i] = random() & 0xff;
  if (message.length > 2) message[2] &= 0x7f;
  return message;
}

/** A message of the corpus with one to eight mutations. */
export function mutate({ random, corpus }: Fuzz): Uint8Array {
  let message = Uint8Array.from(corpus[random() % corpus.length]);
  for (let times = 1 + (random() % 8); times > 0 && message.length > 0; times--) {
    const at = random() % message.length;
    switch (random() % 6) {
      case 0:
        message[at] ^= 1 << (random() & 7);
        break;
      case 1:
        message[at] = INTERESTING[random() % INTERESTING.length];
        break;
      case 2:
        message = message.slice(0, at);
        break;
      case 3:
        message = Uint8Array.from([...message.subarray(0, at), random() & 0xff, ...message.subarray(at)]);
        break;
      case 4:
        message = Uint8Array.from([...message, ...message.subarray(at)]);
        break;
      default:
        message[at] = random() & 0xff;
    }
  }
  return message;
}
