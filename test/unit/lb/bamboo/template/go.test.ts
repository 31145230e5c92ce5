import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rendered } from "../support.js";

interface Case {
  readonly template: string;
  readonly prints?: string;
  readonly fails?: string;
}

/** Made by Go 1.19's text/template, with the same data. */
const cases: readonly Case[] = JSON.parse(readFileSync(new URL("go.json", import.meta.url), "utf8"));

function outcome(template: string): Omit<Case, "template"> {
  try {
    return { prints: rendered(template) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { fails: error.message };
  }
}

describe("a template makes what Go makes of it", () => {
  test.each(cases)("$template", ({ template, ...expected }) => {
    expect(outcome(template)).toEqual(expected);
  });
});
