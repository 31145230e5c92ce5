import { describe, expect, test } from "vitest";
import { type CompilerThread, ThreadHelper } from "../../../src/threads/compile-helper.js";
import { compileZones } from "../../../src/zone/compile.js";
import { type CompiledShard, compileTaken } from "../../../src/zone/whole-build.js";
import { zoneContent } from "../../support/zone.js";

const LINES = Array.from({ length: 500 }, (_, i) => `task-${i}.marathon.mesos A 192.0.2.${i % 250}`);

/** A helper whose thread compiles everything as soon as it is asked. */
function setUp(thread: Partial<CompilerThread> | Error = {}) {
  const told: string[] = [];
  const warnings: string[] = [];
  const shards: CompiledShard[] = [];
  let fail: (error: unknown) => void = () => undefined;
  const spawn = (onFailure: (error: unknown) => void): CompilerThread => {
    told.push("start");
    if (thread instanceof Error) throw thread;
    fail = onFailure;
    return {
      post: (build) => void shards.push(...compileTaken(structuredClone(build))),
      receive: () => shards.shift(),
      end: () => void told.push("end"),
      ...thread,
    };
  };
  const helper = new ThreadHelper(spawn, { warn: (text: string) => void warnings.push(text) });
  const build = () => compileZones([zoneContent(LINES)], { helper });
  return { helper, told, warnings, build, fail: (error: unknown) => fail(error) };
}

const ALONE = compileZones([zoneContent(LINES)]);

/** Shards that were handed back have some room behind them. */
function handedBack(shards: readonly SharedArrayBuffer[]): number {
  return shards.filter((shard, i) => shard.byteLength > (ALONE.shards[i]?.byteLength ?? 0)).length;
}

describe("a thread that helps compiling", () => {
  test("starts when it is prepared, once, and ends with the build", () => {
    const { helper, told, build } = setUp();
    helper.prepare();
    helper.prepare();
    expect(told).toEqual(["start"]);
    expect(handedBack(build().shards)).toBeGreaterThan(200);
    expect(told).toEqual(["start", "end"]);
    expect(handedBack(build().shards)).toBe(0);
  });

  test("is not there for a build that it was not prepared for", () => {
    const { told, build } = setUp();
    expect(build()).toEqual(ALONE);
    expect(told).toEqual([]);
  });

  test("that cannot be started is done without, and that is logged", () => {
    const { helper, warnings, build } = setUp(new Error("no memory"));
    helper.prepare();
    expect(build()).toEqual(ALONE);
    expect(warnings).toEqual(["the builder compiles without a second thread: no memory"]);
  });

  test("that ends by itself is done without, and that is logged", () => {
    const { helper, warnings, build, fail } = setUp({ post: () => undefined });
    helper.prepare();
    fail(new Error("out of memory"));
    expect(build()).toEqual(ALONE);
    expect(warnings).toEqual(["the builder compiles without a second thread: out of memory"]);
  });
});
