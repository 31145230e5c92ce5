import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PROGRAM } from "../support/server.js";

/** What a real Consul answered to the same questions about the same services. */
const SHARED = "../shared/consul";
const files = readdirSync(`${SHARED}/cases`).filter((name) => /^(?:seed-one|seed-two|zoo|change)\.json$/.test(name));

interface HttpCase {
  readonly id: string;
  readonly path: string;
}

/** The cases that have failed, each with what is wrong with its answer. */
async function failuresOf(file: string): Promise<readonly string[]> {
  const words = [`${SHARED}/check.mjs`, `${SHARED}/cases/${file}`, "--", "node", PROGRAM, "-config=%CONFIG%"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  await once(child, "close");
  expect(output).toMatch(/^\d+ passed, \d+ failed$/m);
  return output.split("\n").filter((line) => line.startsWith("FAIL "));
}

describe.each(files)("what Consul answered to %s", (file) => {
  const name = file.replace(".json", "");
  const { http } = JSON.parse(readFileSync(`${SHARED}/cases/${file}`, "utf8")) as {
    readonly http: readonly HttpCase[];
  };
  const isOfCatalog = ({ path }: HttpCase) => !/^\/v1\/(?:kv|session|event|txn)\//.test(path);

  test("of services, nodes, checks and itself is answered here", { timeout: 120_000 }, async () => {
    const failures = await failuresOf(file);
    const own = http.filter(isOfCatalog).map(({ id }) => `FAIL ${name} ${id}: `);
    expect(own.length).toBeGreaterThan(0);
    expect(failures.filter((line) => own.some((beginning) => line.startsWith(beginning)))).toEqual([]);
    // The program itself could not be asked.
    expect(failures.filter((line) => line.startsWith(`FAIL ${name}: `))).toEqual([]);
  });
});

test("there are four files of such cases", () => {
  expect(files).toHaveLength(4);
});
