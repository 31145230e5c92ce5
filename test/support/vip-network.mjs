/**
 * What stands on the network of a node in a test: servers that answer their name, and clients of virtual addresses. A program of its own,
 * since it runs in a network namespace. It reads a command a line, `[name, ...arguments]` in JSON, and answers each with a line.
 */
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const servers = new Map();
const held = [];
const senders = new Map();
const typeOf = (host) => (host.includes(":") ? "udp6" : "udp4");

/** Answers its name and a line feed to each chunk; over UDP to each datagram. */
function serve(name, host, port) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", () => socket.write(`${name}\n`)).on("error", () => undefined);
  });
  const udp = createSocket(typeOf(host));
  udp.on("message", (_, { address, port: from }) => udp.send(name, from, address));
  servers.set(name, () => {
    for (const socket of sockets) socket.resetAndDestroy();
    server.close();
    udp.close();
  });
  const listening = new Promise((resolve, reject) => server.listen(port, host, resolve).once("error", reject));
  return Promise.all([listening, new Promise((resolve) => udp.bind(port, host, resolve))]).then(() => undefined);
}

/** One question over a connection: the answer, or the code of the error. */
function ask(socket) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done("timeout"), 2_000);
    const done = (answer) => {
      clearTimeout(timer);
      socket.off("data", take).off("error", fail).off("close", over);
      resolve(answer);
    };
    const take = (chunk) => done(String(chunk).trim());
    const fail = ({ code }) => done(code);
    const over = () => done("closed");
    socket.once("data", take).once("error", fail).once("close", over).write("?");
  });
}

/** So many connections, 8 at a time: who answered how often. */
async function count(host, port, times, localAddress) {
  const counts = {};
  const next = async () => {
    while (times-- > 0) {
      const socket = connect({ host, port, localAddress });
      const answer = await ask(socket);
      counts[answer] = (counts[answer] ?? 0) + 1;
      socket.resetAndDestroy();
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  return counts;
}

/** Resolves when it is closed, which it may be already. */
function closing(socket) {
  socket.on("error", () => undefined);
  return socket.closed ? undefined : new Promise((resolve) => socket.once("close", resolve));
}

/** So many connections one after the other from one local port, each reset by the client: who answered how often. */
async function fromPort(host, port, times, localPort) {
  const counts = {};
  for (let time = 0; time < times; time++) {
    const socket = connect({ host, port, localPort });
    const answer = await ask(socket);
    counts[answer] = (counts[answer] ?? 0) + 1;
    socket.resetAndDestroy();
    await closing(socket);
  }
  return counts;
}

/** As `count`, but each connection ends as programs end theirs, after which its port is not free for a while. */
async function brief(host, port, times) {
  const counts = {};
  const next = async () => {
    while (times-- > 0) {
      const socket = connect({ host, port });
      const answer = await ask(socket);
      counts[answer] = (counts[answer] ?? 0) + 1;
      socket.end();
      await closing(socket);
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  return counts;
}

let isWatching = false;
let watched;
/** Asks without a pause until `endWatch`, which tells who answered how often. */
function watch(host, port) {
  isWatching = true;
  const counts = {};
  watched = (async () => {
    while (isWatching) {
      const socket = connect({ host, port });
      const answer = await ask(socket);
      counts[answer] = (counts[answer] ?? 0) + 1;
      socket.resetAndDestroy();
    }
    return counts;
  })();
}

/** Opens connections that stay. @returns who answered each */
async function hold(host, port, times) {
  held.push(...Array.from({ length: times }, () => connect({ host, port })));
  for (const socket of held) socket.on("error", () => undefined);
  return askHeld();
}

function askHeld() {
  return Promise.all(held.map(ask));
}

function letGo() {
  for (const socket of held.splice(0)) socket.destroy();
}

let state;
/** Serves a state as the leading master, on port 5050. */
async function lead(next) {
  if (state === undefined) {
    const master = createHttpServer(({ url }, response) => {
      const isState = /^(\/master)?\/state/.test(url);
      response.writeHead(isState ? 200 : 404, { "content-type": "application/json" });
      response.end(isState ? state : "");
    });
    await new Promise((resolve) => master.listen(5050, "127.0.0.1", resolve));
  }
  state = JSON.stringify(next);
}

const get = async (url) => (await fetch(url)).text();

/** A datagram from a socket that stays, by its key: who answered, or the error. */
async function send(key, host, port) {
  if (!senders.has(key)) {
    const made = createSocket(typeOf(host));
    await new Promise((resolve) => made.connect(port, host, resolve));
    senders.set(key, made);
  }
  const socket = senders.get(key);
  return new Promise((resolve) => {
    const timer = setTimeout(() => done("timeout"), 1_000);
    const done = (answer) => {
      clearTimeout(timer);
      socket
        .removeAllListeners("message")
        .removeAllListeners("error")
        .on("error", () => undefined);
      resolve(answer);
    };
    socket.removeAllListeners("error");
    socket.once("message", (message) => done(String(message))).once("error", ({ code }) => done(code));
    socket.send("?");
  });
}

const endWatch = () => {
  isWatching = false;
  return watched;
};
const end = (name) => servers.get(name)?.();
const commands = { serve, end, count, fromPort, brief, watch, endWatch, hold, askHeld, letGo, send, lead, get };
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line);
  const answer = await Promise.resolve(commands[name](...args)).catch(({ message }) => ({ error: message }));
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
