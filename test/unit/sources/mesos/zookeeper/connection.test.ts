import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectZooKeeper } from "../../../../../src/sources/mesos/zookeeper/connection.js";
import { ZooKeeperError } from "../../../../../src/sources/mesos/zookeeper/contract.js";
import { until } from "../../../../support/wait.js";

const GET_CHILDREN2 = 12;
const GET_DATA = 4;
const AUTH = 100;
const CLOSE = -11;
const NOTIFICATION = -1;
const CHILDREN_CHANGED = 4;
const STAT = Buffer.alloc(68);

const int = (value: number) => {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(value);
  return octets;
};
const text = (value: string) => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);
const frame = (...parts: Buffer[]) => Buffer.concat([int(Buffer.concat(parts).length), ...parts]);
const reply = (xid: number, error: number, ...parts: Buffer[]) =>
  frame(int(xid), Buffer.alloc(8), int(error), ...parts);
/** A reply that grants a session of ten seconds. */
const SESSION = frame(int(0), int(10_000), Buffer.alloc(8), int(16), Buffer.alloc(16));
const names = (xid: number, ...children: string[]) => reply(xid, 0, int(children.length), ...children.map(text), STAT);
const changed = (path: string) => reply(NOTIFICATION, 0, int(CHILDREN_CHANGED), int(3), text(path));

interface Request {
  readonly xid: number;
  readonly type: number;
  readonly body: Buffer;
}

/**
 * A server that answers a client's first message with `session`, and the others with `answer`; and a connection to it.
 * `types` has the types of the requests.
 */
async function setUp({
  session = SESSION as Buffer | "none",
  answer = (() => undefined) as (request: Request, socket: Socket) => Buffer | undefined,
  credentials = undefined as string | undefined,
  host = "127.0.0.1",
} = {}) {
  const types: number[] = [];
  const bodies: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let rest = Buffer.alloc(0);
    let isFirst = true;
    socket
      .on("error", () => undefined)
      .on("data", (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
          const message = rest.subarray(4, 4 + rest.readInt32BE(0));
          rest = rest.subarray(4 + message.length);
          let out: Buffer | undefined;
          if (isFirst) out = session === "none" ? undefined : session;
          else {
            const request = { xid: message.readInt32BE(0), type: message.readInt32BE(4), body: message.subarray(8) };
            types.push(request.type);
            bodies.push(request.body);
            out = answer(request, socket);
          }
          isFirst = false;
          if (out) socket.write(out);
        }
      });
  }).listen(0, host);
  await once(server, "listening");
  const events = { count: 0 };
  const { port } = server.address() as AddressInfo;
  const onEvent = () => void events.count++;
  const connection = connectZooKeeper({ server: { host, port }, credentials, onEvent });
  onTestFinished(() => {
    connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { connection, types, bodies, sockets, server, events };
}

const ending = (message: RegExp | string) => ({
  kind: "ended",
  message: typeof message === "string" ? message : expect.stringMatching(message),
});

describe("a session", () => {
  it("lists children, reads nodes, and reports once when children change", async () => {
    const { connection, events, sockets } = await setUp({
      answer: ({ xid, type }) =>
        type === GET_CHILDREN2 ? names(xid, "json.info_1", "log_replicas") : reply(xid, 0, text("{}"), STAT),
    });
    await connection.open();
    expect(await connection.children("/mesos")).toEqual(["json.info_1", "log_replicas"]);
    expect(Buffer.from(await connection.data("/mesos/json.info_1")).toString()).toBe("{}");
    expect(events.count).toBe(0);
    sockets[0]?.write(changed("/mesos"));
    await until("the watch", () => events.count === 1);
  });

  it("reads answers however they are cut", async () => {
    const { connection } = await setUp({
      answer: ({ xid }, socket) => {
        for (const octet of names(xid, "json.info_1")) socket.write(Buffer.from([octet]));
        return undefined;
      },
    });
    await connection.open();
    expect(await connection.children("/mesos")).toEqual(["json.info_1"]);
  });

  it("begins with user and password, if there are any", async () => {
    const { connection, types, bodies } = await setUp({
      credentials: "ops:s3cret",
      answer: ({ xid, type }) => (type === AUTH ? reply(-4, 0) : names(xid)),
    });
    await connection.open();
    expect(await connection.children("/mesos")).toEqual([]);
    expect(types).toEqual([AUTH, GET_CHILDREN2]);
    expect(bodies[0]?.toString("latin1")).toContain("digest\0\0\0\u000aops:s3cret");
  });

  it("ends with its connection when it is closed, and calls in progress fail", async () => {
    const { connection, types, sockets } = await setUp();
    await connection.open();
    const waiting = connection.children("/mesos");
    const closed = once(sockets[0] as Socket, "close");
    connection.close();
    connection.close();
    await expect(waiting).rejects.toMatchObject(ending("it was closed"));
    await closed;
    expect(types).toEqual([GET_CHILDREN2, CLOSE]);
    await expect(connection.children("/mesos")).rejects.toMatchObject(ending("it was closed"));
  });

  it("works over IPv6", async () => {
    const { connection } = await setUp({ host: "::1", answer: ({ xid }) => names(xid, "json.info_1") });
    await connection.open();
    expect(await connection.children("/mesos")).toEqual(["json.info_1"]);
  });
});

describe("an answer", () => {
  it.each([
    [-101, "no-node"],
    [-102, "no-auth"],
  ])("with error %i (%s) leaves the connection usable", async (error, kind) => {
    let isFirst = true;
    const { connection } = await setUp({
      answer: ({ xid, type }) => {
        const refused = isFirst && type === GET_CHILDREN2;
        isFirst = false;
        return refused ? reply(xid, error) : type === GET_DATA ? reply(xid, 0, int(-1), STAT) : names(xid, "a");
      },
    });
    await connection.open();
    await expect(connection.children("/mesos")).rejects.toMatchObject({ kind });
    expect(await connection.children("/mesos")).toEqual(["a"]);
    expect(await connection.data("/mesos/a")).toHaveLength(0);
  });

  it.each([
    ["of an error that is not known", (xid: number) => reply(xid, -127), /cannot be understood \(Unknown code: -127\)/],
    ["that is cut short inside", (xid: number) => reply(xid, 0, int(3), text("a")), /cannot be understood/],
    ["of negative size", () => int(-4), /cannot be understood/],
    ["to another question", (xid: number) => names(xid + 7), "it closed the connection"],
    ["without end", () => Buffer.concat([int(2 ** 31 - 1), Buffer.alloc(5_000_000)]), /more than 4194304 octets/],
  ])("%s ends the connection, and does no other harm", async (_, answer, message) => {
    const { connection, events } = await setUp({ answer: ({ xid }) => answer(xid) });
    await connection.open();
    await expect(connection.children("/mesos")).rejects.toMatchObject(ending(message));
    expect(events.count).toBeGreaterThan(0);
  });
});

describe("a server that", () => {
  it("does not exist ends the connection", async () => {
    const { server } = await setUp();
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const connection = connectZooKeeper({
      server: { host: "127.0.0.1", port },
      credentials: undefined,
      onEvent: () => {},
    });
    await expect(connection.open()).rejects.toMatchObject(ending("the connection was refused"));
  });

  it("refuses a session ends the connection", async () => {
    const { connection } = await setUp({ session: frame(int(0), int(0), Buffer.alloc(8), int(16), Buffer.alloc(16)) });
    await expect(connection.open()).rejects.toMatchObject(ending("it refused a session"));
  });

  it("closes before there is a session ends the connection, which does not reconnect by itself", async () => {
    const { connection, server, sockets } = await setUp({ session: "none" });
    server.on("connection", (socket) => socket.once("data", () => socket.end()));
    await expect(connection.open()).rejects.toMatchObject(
      ending("it closed the connection before there was a session"),
    );
    const { port } = server.address() as AddressInfo;
    const other = connectZooKeeper({ server: { host: "127.0.0.1", port }, credentials: undefined, onEvent: () => {} });
    await expect(other.open()).rejects.toBeInstanceOf(ZooKeeperError);
    expect(sockets).toHaveLength(2);
  });

  it("closes in the middle of an answer ends the connection, and the incomplete answer is dropped", async () => {
    const { connection, sockets, events } = await setUp({
      answer: ({ xid }, socket) => {
        socket.end(names(xid, "json.info_1").subarray(0, 20));
        return undefined;
      },
    });
    await connection.open();
    await expect(connection.children("/mesos")).rejects.toMatchObject(ending("it closed the connection"));
    expect(sockets).toHaveLength(1);
    expect(events.count).toBe(1);
  });

  it("does not accept the password ends the connection", async () => {
    const { connection } = await setUp({ credentials: "ops:s3cret", answer: () => reply(-4, -115) });
    await connection.open();
    const error = await connection.children("/mesos").catch((reason: unknown) => reason);
    expect(error).toMatchObject(ending("it does not accept the user and password"));
    expect(String(error)).not.toContain("s3cret");
  });

  it("says nothing leaves nothing behind when the connection is closed", async () => {
    const { connection, sockets } = await setUp({ session: "none" });
    const opening = connection.open();
    await until("the connection", () => sockets.length === 1);
    const closed = once(sockets[0] as Socket, "close");
    connection.close();
    await expect(opening).rejects.toMatchObject(ending("it was closed"));
    await closed;
  });
});

it("a connection that was never opened can be closed", () => {
  const server = { host: "127.0.0.1", port: 1 };
  connectZooKeeper({ server, credentials: undefined, onEvent: () => {} }).close();
});
