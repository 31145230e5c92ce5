import { describe, expect, it } from "vitest";
import { CASES } from "./cases.js";
import { SERVER_CASES } from "./server-cases.js";
import { basisOf, crowd, findingsOf } from "./support.js";

describe("an explanation", () => {
  for (const [question, reason, text, keys] of CASES) {
    it(`of ${question} has ${reason}: ${text}`, async () => {
      const findings = findingsOf(question, await basisOf(keys));
      expect(findings).toContainEqual({ reason, text: expect.stringMatching(text) });
    });
  }

  for (const [question, reason, text, findings] of SERVER_CASES) {
    it(`by a server, of ${question}, has ${reason}: ${text}`, async () => {
      expect(await findings(question)).toContainEqual({ reason, text: expect.stringMatching(text) });
    });
  }

  it("of a name with hundreds of tasks tells of twenty", async () => {
    const findings = findingsOf("web.marathon.mesos", await basisOf({}, crowd()));
    expect(findings.filter(({ reason }) => reason === "task")).toHaveLength(20);
  });

  it("of a text that is as long as it may be, or strange, is one all the same", async () => {
    const basis = await basisOf();
    for (const question of ["", ".", "..", "\u0000", "ü".repeat(500), "a".repeat(1_024), "*.marathon.mesos", "<img>"]) {
      expect(findingsOf(question, basis).length).toBeGreaterThan(0);
    }
  });
});
