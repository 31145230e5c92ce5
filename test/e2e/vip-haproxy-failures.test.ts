import { readFileSync, statSync } from "node:fs";
import * as files from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunCommand, runCommand } from "../../src/base/run-command.js";
import type { Service } from "../../src/vip-node/model.js";
import type { Step } from "../../src/vip-node/plan.js";
import { add, addressesIn, ask, Held, masterOf, must, startPlane } from "../support/haproxy-plane.js";
import { until } from "../support/wait.js";

/** What goes wrong with a real HAProxy, and what its plane makes of it. */

const { serviceOf, targetNamed } = addressesIn(41);

it("a service whose address is taken while HAProxy reloads is named, and the others go on with their table", async () => {
  let isArmed = false;
  let taken: Service | undefined;
  const other = createServer();
  const started = await startPlane({
    // Between its check, which finds nothing, and its reload.
    run: async (...words) => {
      const result = await runCommand(...words);
      if (isArmed && taken && words[1].includes("-c"))
        await new Promise<void>((resolve) => other.listen(taken?.port, taken?.address, resolve));
      return result;
    },
  });
  onTestFinished(() => void other.close());
  const { plane, warnings } = started;
  const a = await targetNamed("a");
  const service = await serviceOf(a);
  await add(plane, service);
  taken = await serviceOf(a);
  isArmed = true;
  await must(plane, { kind: "add-service", service: taken });
  await until("the warning", () => warnings.length > 0);
  expect(warnings[0]).toMatch(/goes on with the services that it has: haproxy did not take its new configuration/);
  isArmed = false;
  expect(await ask(service)).toBe("a");
  expect((await plane.read()).map(({ port }) => port)).toEqual([service.port]);
  expect(readFileSync(join(started.runDir, "vips.cfg"), "utf8")).not.toContain(taken.address);
  const step: Step = { kind: "add-service", service: taken };
  const told = [{ step, reason: expect.stringContaining("did not take") }];
  // Whoever asks has to be told until it is tried again.
  for (let i = 0; i < 2; i++) expect(await plane.apply([step])).toMatchObject(told);
  other.close();
  await until("the service", async () => (await plane.read()).length === 2);
  expect(await ask(taken)).toBe("a");
});

describe("HAProxy", () => {
  it("is adopted as it stands by a program that starts again", async () => {
    const started = await startPlane();
    const { plane, runDir, again } = started;
    const [a, b] = [await targetNamed("a"), await targetNamed("b")];
    const service = await serviceOf({ ...a, weight: 7 }, b);
    await add(plane, service);
    await must(plane, { kind: "retire-target", service, target: b });
    await plane.stop();
    const stand = () => [
      masterOf(started),
      readFileSync(join(runDir, "vips.cfg"), "utf8"),
      statSync(join(runDir, "vips.cfg")).ino,
    ];
    const before = [await plane.read(), stand()];
    const second = again();
    await second.start();
    expect([await second.read(), stand()]).toEqual(before);
    expect(await ask(service)).toBe("a");
    expect(statSync(join(runDir, "vips.cfg")).mode & 0o777).toBe(0o600);
    await second.clear();
    await expect(ask(service)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("keeps on disk what has changed last when the program stops", async () => {
    const { plane, runDir } = await startPlane();
    const [a, b] = [await targetNamed("a"), await targetNamed("b")];
    const service = await serviceOf(a);
    await add(plane, service);
    await must(plane, { kind: "add-target", service, target: b });
    await plane.stop();
    expect(readFileSync(join(runDir, "vips.cfg"), "utf8")).toContain(`${b.ip}:${b.port}`);
  });

  it("that was killed comes back with the last table, but for what it cannot have any more", async () => {
    const started = await startPlane();
    const { plane, again, runDir } = started;
    const [a, b] = [await targetNamed("a"), await targetNamed("b")];
    const service = await serviceOf(a);
    const closed = await serviceOf({ ...a, weight: 0 });
    const lost = await serviceOf(a);
    await add(plane, service, closed, lost);
    await must(
      plane,
      { kind: "add-target", service, target: b },
      { kind: "set-weight", service, target: { ...a, weight: 0 } },
    );
    await until("the saved table", () => readFileSync(join(runDir, "vips.cfg"), "utf8").includes(`${b.ip}:${b.port}`));
    process.kill(masterOf(started), "SIGKILL");
    await until("its end", () =>
      ask(service).then(
        () => false,
        () => true,
      ),
    );
    const other = createServer();
    await until(
      "the address",
      () =>
        new Promise<boolean>((resolve) => {
          other.once("error", () => resolve(false));
          other.listen(lost.port, lost.address, () => resolve(true));
        }),
    );
    onTestFinished(() => void other.close());
    const second = again();
    await second.start();
    expect(await ask(service)).toBe("b");
    await expect(ask(closed)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(new Set((await second.read()).map(({ port }) => port))).toEqual(new Set([service.port, closed.port]));
  });

  it.each(["vips.sock", "vips.pid", "."])(
    "whose %s somebody has removed is still changed, and cuts nobody off",
    async (name) => {
      const started = await startPlane();
      const { plane, again, runDir } = started;
      const [a, b] = [await targetNamed("a"), await targetNamed("b")];
      const [service, later] = [await serviceOf(a), await serviceOf(b)];
      await add(plane, service);
      const held = await Held.open(service);
      expect(await held.line()).toBe("a");
      await files.rm(join(runDir, name), { recursive: true });
      await add(plane, later);
      expect([await ask(service), await ask(later)]).toEqual(["a", "b"]);
      await held.exchange("still here");
      held.close();
      await plane.stop();
      await again().clear();
      for (const each of [service, later]) await expect(ask(each)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
  );

  it("that may not have as many files open as it needs is not started", async () => {
    const limits = "Max open files            1024                 4096                 files\n";
    const readFile = (async (path: string, encoding: "utf8") =>
      path === "/proc/self/limits" ? limits : files.readFile(path, encoding)) as typeof files.readFile;
    await expect(startPlane({ files: { ...files, readFile } })).rejects.toThrow(
      "2000 connections at a time need 4500 open files, and 4096 are allowed: set LimitNOFILE of the unit (in a shell: ulimit -n), or a smaller vips.maxConnections",
    );
  });

  it("that is missing or too old is named", async () => {
    const failing = (run: RunCommand) => startPlane({ run });
    const missing = Object.assign(new Error("spawn haproxy ENOENT"), { code: "ENOENT" });
    await expect(failing(() => Promise.reject(missing))).rejects.toThrow("haproxy is missing: HAProxy 2.6 or later");
    const old = { code: 0, stdout: "HAProxy version 2.4.22-0ubuntu0 2023/08/14", stderr: "" };
    await expect(failing(() => Promise.resolve(old))).rejects.toThrow(
      /too old \(HAProxy version 2\.4\.22.*2\.6 or later/,
    );
  });
});
