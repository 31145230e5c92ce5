import { describe, expect, test } from "vitest";
import { type ErrorCode, MesosDnsError } from "../../../src/base/errors.js";
import { isInUse, listenBeside, whenFree } from "../../../src/process/take-over.js";
import { ManualTimers } from "../../support/timers.js";

const failing = (code: ErrorCode) => async () => {
  throw new MesosDnsError(code, "UDP 192.0.2.1:53 is so");
};

describe("addresses", () => {
  test("that can be claimed are free", async () => {
    expect(await isInUse(async () => undefined, true)).toBe(false);
  });

  test("that are in use belong to another process if they can be shared", async () => {
    expect(await isInUse(failing("LISTEN_ADDRESS_IN_USE"), true)).toBe(true);
    const alone = isInUse(failing("LISTEN_ADDRESS_IN_USE"), false);
    await expect(alone).rejects.toMatchObject({ code: "LISTEN_ADDRESS_IN_USE" });
  });

  test("that cannot be claimed for another reason are a failure", async () => {
    await expect(isInUse(failing("LISTEN_PERMISSION"), true)).rejects.toMatchObject({ code: "LISTEN_PERMISSION" });
  });
});

describe("listening beside another process", () => {
  test("says what both processes need if they cannot share", async () => {
    const listening = listenBeside(failing("LISTEN_ADDRESS_IN_USE"));
    await expect(listening).rejects.toMatchObject({
      code: "LISTEN_ADDRESS_IN_USE",
      message: expect.stringMatching(/^UDP 192\.0\.2\.1:53 is so; -take-over needs .*batch engine.*same user/),
    });
  });

  test("fails as usual otherwise", async () => {
    await expect(listenBeside(failing("LISTEN_FAILED"))).rejects.toThrow(/^UDP 192\.0\.2\.1:53 is so$/);
  });
});

describe("a port that only one process can have", () => {
  test("is tried until it is free, and the wait is reported once", async () => {
    const timers = new ManualTimers();
    let tries = 0;
    let told = 0;
    const open = async () => (++tries < 4 ? failing("LISTEN_ADDRESS_IN_USE")() : "open");
    const opened = whenFree(open, timers, () => told++);
    await timers.advance(300);
    expect([await opened, tries, told]).toEqual(["open", 4, 1]);
  });

  test("is not tried again after any other error", async () => {
    const open = whenFree(failing("LISTEN_PERMISSION"), new ManualTimers(), () => undefined);
    await expect(open).rejects.toMatchObject({ code: "LISTEN_PERMISSION" });
  });
});
