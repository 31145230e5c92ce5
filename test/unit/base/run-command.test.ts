import { expect, test } from "vitest";
import { runCommand } from "../../../src/base/run-command.js";
import { until } from "../../support/wait.js";

test("what a program says and how it ends comes back", async () => {
  const ended = await runCommand("sh", ["-c", "cat; echo no >&2; exit 3"], "given");
  expect(ended).toEqual({ code: 3, stdout: "given", stderr: "no\n" });
});

test("a program that does not read its input may end before it", async () => {
  expect(await runCommand("true", [], "x".repeat(1_000_000))).toMatchObject({ code: 0 });
});

test("a program that is missing rejects with the system's code", async () => {
  await expect(runCommand("no-such-program", [])).rejects.toMatchObject({ code: "ENOENT" });
});

test("a program that goes on for too long is killed", async () => {
  await expect(runCommand("sleep", ["60"], "", 100)).rejects.toThrow("sleep did not end within 0.1 s");
});

test("nobody waits for what a killed program has started", async () => {
  const pipes = () => process.getActiveResourcesInfo().filter((resource) => resource === "PipeWrap").length;
  const before = pipes();
  await expect(runCommand("sh", ["-c", "sleep 30 & wait"], "", 100)).rejects.toThrow("sh did not end within 0.1 s");
  await until("the end of its pipes", () => pipes() <= before, 5_000);
});
