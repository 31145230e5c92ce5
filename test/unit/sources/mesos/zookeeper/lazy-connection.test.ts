import { describe, expect, test } from "vitest";
import type { Connect } from "../../../../../src/sources/mesos/zookeeper/contract.js";
import { connectLazily } from "../../../../../src/sources/mesos/zookeeper/lazy-connection.js";

const OPTIONS = { server: { host: "192.0.2.1", port: 2181 }, credentials: undefined, onEvent: () => undefined };

function setUp() {
  const told: string[] = [];
  const connect: Connect = ({ server }) => ({
    open: async () => void told.push(`open ${server.host}`),
    children: async (path) => [path, "child"],
    data: async (path) => Buffer.from(path),
    close: () => void told.push("close"),
  });
  const load = async () => {
    told.push("load");
    return connect;
  };
  return { told, connection: connectLazily(load)(OPTIONS) };
}

describe("a connection that is loaded when it is needed", () => {
  test("loads nothing before it is opened, and passes everything on after that", async () => {
    const { told, connection } = setUp();
    expect(told).toEqual([]);
    await connection.open();
    expect(await connection.children("/a")).toEqual(["/a", "child"]);
    expect(await connection.data("/b")).toEqual(Buffer.from("/b"));
    connection.close();
    expect(told).toEqual(["load", "open 192.0.2.1", "close"]);
  });

  test("that is closed meanwhile is never opened", async () => {
    const { told, connection } = setUp();
    const opening = connection.open();
    connection.close();
    await expect(opening).rejects.toThrow("it was closed");
    expect(told).toEqual(["load"]);
  });
});
