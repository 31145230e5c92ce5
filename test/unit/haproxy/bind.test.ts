import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { tryToListen } from "../../../src/haproxy/bind.js";

test.each([99_999_999, 65_536, 0, -1, 1.5])("says that %d is no port", async (port) => {
  expect(await tryToListen({ host: "127.0.0.1", port })).toEqual({
    reason: "not_permitted",
    detail: `${port} is no port`,
  });
});

test("says who is in the way, and nothing where nobody is", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const at = { host: "127.0.0.1", port };
  onTestFinished(() => void server.close());
  expect(await tryToListen(at)).toMatchObject({ reason: "port_in_use" });
  await new Promise((resolve) => server.close(resolve));
  expect(await tryToListen(at)).toBeUndefined();
});
