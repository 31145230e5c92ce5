import { describe, expect, test } from "vitest";
import { CONTROL, ControlReader, controlFrame } from "../../../src/query-log/frame-streams.js";

describe("frames of control", () => {
  test("that begin a stream say what is in it", () => {
    expect(Buffer.from(controlFrame(CONTROL.READY)).toString("hex")).toBe(
      `${"00000000"}${"00000022"}${"00000004"}${"00000001"}${"00000016"}${Buffer.from("protobuf:dnstap.Dnstap").toString("hex")}`,
    );
    expect(Buffer.from(controlFrame(CONTROL.STOP)).toString("hex")).toBe("000000000000000400000003");
  });

  test("are read in whatever parts they come", () => {
    const both = Buffer.concat([controlFrame(CONTROL.READY), controlFrame(CONTROL.FINISH)]);
    for (let size = 1; size <= both.length; size++) {
      const reader = new ControlReader();
      const frames = [];
      for (let at = 0; at < both.length; at += size) frames.push(...reader.read(both.subarray(at, at + size)));
      expect(frames).toEqual([
        { type: CONTROL.READY, contentTypes: ["protobuf:dnstap.Dnstap"] },
        { type: CONTROL.FINISH, contentTypes: [] },
      ]);
    }
  });

  test.each([
    ["a frame of data", "00000004deadbeef"],
    ["an empty frame", "0000000000000000"],
    ["a frame that is too long", "0000000000000201"],
  ])("are not %s", (_, hex) => {
    expect(() => new ControlReader().read(Buffer.from(hex, "hex"))).toThrow("it does not speak Frame Streams");
  });

  test("with a field that is longer than the frame are read as far as they go", () => {
    const frame = Buffer.from("000000000000000c00000001000000010000ffff", "hex");
    expect(new ControlReader().read(frame)).toEqual([{ type: CONTROL.ACCEPT, contentTypes: [""] }]);
  });
});
