import { expect, test } from "vitest";
import { type ExplainedServer, Explaining } from "../../../src/process/explaining.js";

/** A builder that answers nobody, and says who waits for it. */
function silentServer() {
  const waiting = new Set<string>();
  const explain = (question: string, gone: AbortSignal) =>
    new Promise<never>((_, reject) => {
      waiting.add(question);
      gone.addEventListener("abort", () => {
        waiting.delete(question);
        reject(new Error("nobody waits"));
      });
    });
  return { waiting, server: { builder: { explain } } as unknown as ExplainedServer };
}

test("one address asks four questions at a time, all of them sixteen, and those that are given up make room", async () => {
  const { server, waiting } = silentServer();
  const explaining = new Explaining(server, () => 0);
  const asks: AbortController[] = [];
  const ask = (asker: string) => {
    const gone = new AbortController();
    asks.push(gone);
    return explaining.explain({ question: `q${asks.length}`, client: "", asker, gone: gone.signal });
  };
  const begun = [..."aaaa", ..."bbbb", ..."cccc", ..."dddd"].map((asker) => ask(asker).catch(() => "given up"));
  expect(await Promise.all([ask("a"), ask("e")])).toEqual([undefined, undefined]);
  await expect.poll(() => waiting.size).toBe(16);
  asks[0]?.abort();
  expect(await begun[0]).toBe("given up");
  const next = ask("a").catch(() => "given up");
  await expect.poll(() => waiting.size).toBe(16);
  for (const gone of asks) gone.abort();
  expect(new Set(await Promise.all([...begun, next]))).toEqual(new Set(["given up"]));
  expect(waiting.size).toBe(0);
});
