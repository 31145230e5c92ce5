/** Clients that no server deserves: what they do to its sockets, in bounded numbers. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { question } from "./client.mjs";

const SLOW_WRITERS = 400;
const SLOW_READERS = 20;
const PIPELINE = 50;
/** Asked for by slow readers: the largest set there is. */
const LARGE = "slave.mesos";

const framed = (message) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

function every(ms, action, cleanups) {
  const timer = setInterval(action, ms);
  cleanups.push(() => clearInterval(timer));
}

/** A connection that forgives everything; `onData` is told what comes. */
function open(port, onData) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  if (onData) socket.on("data", onData);
  return socket;
}

/** Real questions and mutilated ones over UDP; counts what was asked properly and answered. */
export function datagrams(port, entries, random, tally, cleanups) {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
  socket.on("message", () => tally.answered++);
  socket.connect(port, "127.0.0.1");
  cleanups.push(() => socket.close());
  socket.once("connect", () => {
    every(
      10,
      () => {
        for (let i = 0; i < 10; i++) {
          const message = Buffer.from(question(...entries[random() % entries.length], random() & 0xffff));
          socket.send(message);
          tally.asked++;
          for (let changes = 1 + (random() % 6); changes > 0; changes--) message[random() % message.length] = random();
          socket.send(message.subarray(0, random() % 3 === 0 ? random() % message.length : message.length));
        }
      },
      cleanups,
    );
  });
}

/** Well-behaved connections that pipeline, and count whole answers. */
export function pipeliners(port, entries, random, tally, cleanups) {
  for (let i = 0; i < 10; i++) {
    const run = () => {
      let left = PIPELINE;
      let buffered = Buffer.alloc(0);
      const socket = open(port, (chunk) => {
        buffered = Buffer.concat([buffered, chunk]);
        while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
          buffered = buffered.subarray(2 + buffered.readUInt16BE(0));
          tally.pipelined++;
          if (--left === 0) socket.destroy();
        }
      });
      socket.setTimeout(5000, () => socket.destroy());
      for (let n = 0; n < PIPELINE; n++) socket.write(framed(question(...entries[random() % entries.length], n)));
    };
    every(200 + i, run, cleanups);
  }
}

/** An octet a second of a message that never ends; closed ones come back. */
export function slowWriters(port, cleanups) {
  const writers = new Set();
  const message = framed(question(LARGE, "A"));
  every(
    1000,
    () => {
      while (writers.size < SLOW_WRITERS) {
        const writer = { socket: open(port, () => {}), at: 0 };
        writers.add(writer);
        writer.socket.once("close", () => writers.delete(writer));
        writer.socket.on("end", () => writer.socket.destroy());
      }
      for (const writer of writers) writer.socket.write(message.subarray(writer.at, ++writer.at));
    },
    cleanups,
  );
  cleanups.push(() => {
    for (const { socket } of writers) socket.destroy();
  });
}

/** Ask for much and read nothing. */
export function slowReaders(port, cleanups) {
  const readers = new Set();
  const flood = Buffer.concat(Array.from({ length: 500 }, (_, id) => framed(question(LARGE, "A", id))));
  every(
    500,
    () => {
      if (readers.size >= SLOW_READERS) return;
      const socket = open(port);
      socket.pause();
      socket.write(flood);
      readers.add(socket);
      socket.once("close", () => readers.delete(socket));
      setTimeout(() => socket.destroy(), 30_000).unref();
    },
    cleanups,
  );
  cleanups.push(() => {
    for (const socket of readers) socket.destroy();
  });
}

/** Connections reset in the middle of a message, and garbage. */
export function resets(port, random, tally, cleanups) {
  every(
    20,
    () => {
      const socket = open(port, () => {});
      socket.once("connect", () => {
        socket.write(Buffer.from(Array.from({ length: random() % 200 }, () => random() & 255)));
        setTimeout(() => (random() & 1 ? socket.resetAndDestroy() : socket.destroy()), random() % 50);
        tally.resets++;
      });
    },
    cleanups,
  );
}

/** Connections that are opened and left alone, half of them shut down on the client's side. */
export function idlers(port, count, tally, cleanups) {
  const idle = new Set();
  every(
    50,
    () => {
      for (let i = 0; i < 100 && idle.size < count; i++) {
        const socket = open(port, () => {});
        idle.add(socket);
        socket.once("connect", () => {
          tally.opened++;
          if (tally.opened % 2 === 0) socket.end();
        });
        socket.on("end", () => socket.destroy());
        socket.once("close", () => idle.delete(socket));
      }
      tally.idle = idle.size;
    },
    cleanups,
  );
  cleanups.push(() => {
    for (const socket of idle) socket.destroy();
  });
}
