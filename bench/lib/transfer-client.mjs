/** Takes whole zones over TCP as secondaries do, and counts what comes. */
import { connect } from "node:net";

const AXFR = 252;
const IXFR = 251;

/** A query for a transfer. @param serial that the client has, for IXFR; without it, AXFR */
function queryFor(zone, serial) {
  const labels = zone.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const type = serial === undefined ? AXFR : IXFR;
  const question = Buffer.concat([...labels, Buffer.from([0, 0, type, 0, 1])]);
  const soa = serial === undefined ? Buffer.alloc(0) : soaWith(serial);
  const header = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, soa.length > 0 ? 1 : 0, 0, 0]);
  const message = Buffer.concat([header, question, soa]);
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}

/** The client's SOA: the owner points to the question, the names are the root. */
function soaWith(serial) {
  const soa = Buffer.from([0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0, ...new Array(20).fill(0)]);
  soa.writeUInt32BE(serial, 14);
  return soa;
}

/** Serial, refresh, retry, expire and minimum: octets at the end of an SOA record. */
const NUMBERS = 20;

function nameEnd(message, start) {
  let at = start;
  while (message[at] !== 0 && message[at] < 0xc0) at += message[at] + 1;
  return message[at] === 0 ? at + 1 : at + 2;
}

/** Those of the SOA that is the first record of a message with one question. */
function numbersOf(message) {
  const fixed = nameEnd(message, nameEnd(message, 12) + 4);
  const end = fixed + 10 + message.readUInt16BE(fixed + 8);
  return Buffer.from(message.subarray(end - NUMBERS, end));
}

/**
 * Resolves to the serial, records, bytes, messages and seconds of a whole zone. It ends with the SOA with which it begins (RFC 5936 §2.2).
 * @param pauseMs after each chunk, for a client that reads slowly
 */
export function takeZone(port, zone, pauseMs = 0) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect(port, "127.0.0.1", () => socket.write(queryFor(zone)));
    const got = { records: 0, bytes: 0, messages: 0 };
    let rest = Buffer.alloc(0);
    let soa;
    let isComplete = false;
    socket.on("data", (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (; at + 2 <= rest.length && at + 2 + rest.readUInt16BE(at) <= rest.length; at += 2 + rest.readUInt16BE(at)) {
        got.records += rest.readUInt16BE(at + 8);
        got.bytes += rest.readUInt16BE(at);
        got.messages++;
        const message = rest.subarray(at + 2, at + 2 + rest.readUInt16BE(at));
        soa ??= numbersOf(message);
        isComplete = got.records > 1 && message.subarray(-NUMBERS).equals(soa);
      }
      rest = rest.subarray(at);
      if (isComplete) {
        socket.destroy();
        resolve({ ...got, serial: soa.readUInt32BE(0), seconds: (performance.now() - began) / 1000 });
      } else if (pauseMs > 0) {
        socket.pause();
        setTimeout(() => socket.resume(), pauseMs);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`the transfer broke off after ${got.records} records`)));
  });
}

/** Resolves to the serial, records, bytes and milliseconds of the first message of the answer to IXFR. */
export function takeDifference(port, zone, serial) {
  return new Promise((resolve, reject) => {
    let began = 0;
    let rest = Buffer.alloc(0);
    const socket = connect(port, "127.0.0.1", () => {
      began = performance.now();
      socket.write(queryFor(zone, serial));
    });
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      if (rest.length < 2 || rest.length < 2 + rest.readUInt16BE(0)) return;
      socket.destroy();
      const serial = numbersOf(rest.subarray(2)).readUInt32BE(0);
      resolve({ serial, bytes: rest.readUInt16BE(0), records: rest.readUInt16BE(8), ms: performance.now() - began });
    });
    socket.on("error", reject);
  });
}
