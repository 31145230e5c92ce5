import { createServer } from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { printStatus } from "../../../../src/cli/lb/status.js";
import type { LbSettings } from "../../../../src/config/lb.js";

test("a label cannot write a line of its own into what is printed", async () => {
  const refused = [{ appId: "/web", reason: "CHECK is x\nnothing is wrong\u001b[2J" }];
  const status = { sources: [], services: [], refused, conflicts: [], unbindable: {}, isSettled: true };
  const server = createServer((_, response) => response.end(JSON.stringify(status)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  onTestFinished(() => {
    write.mockRestore();
    process.exitCode = undefined;
  });
  await printStatus({ listen: { host: "127.0.0.1", port } } as LbSettings);
  write.mockRestore();
  expect(written.join("")).toContain("CHECK is x\\x0anothing is wrong\\x1b[2J");
});
