import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../../../src/base/errors.js";
import { rendered } from "../support.js";

/** What is in it is done 99 times, and that so many times over. */
const range = (times: number, body: string) =>
  `{{ $all := Split "${"x".repeat(99)}" "" }}${"{{ range $all }}".repeat(times)}${body}${"{{ end }}".repeat(times)}`;

describe("a template cannot cost more than it may", () => {
  test.each([
    ["runs for ever", range(7, "{{ $x := . }}"), "takes more than 20000000 steps"],
    ["prints without end", range(4, "x".repeat(1_000)), "prints more than 64 MiB"],
    [
      "doubles a text again and again",
      `{{ $x := "0123456789" }}${range(1, '{{ $x = printf "%s%s" $x $x }}')}`,
      "makes more than 256 MiB of text",
    ],
    [
      "multiplies a text by replacing",
      `{{ $x := "aaaaaaaaaa" }}${range(1, '{{ $x = Replace $x "a" "aaaaaaaaaa" -1 }}')}`,
      "makes more than 256 MiB of text",
    ],
    [
      "cuts a long text into characters",
      `{{ $x := printf "%9999999d" 1 }}{{ $y := Split $x "" }}`,
      "makes more than 256 MiB of text",
    ],
    [
      "pads every element of a list",
      `{{ printf "%9999999d" (Split "${"a,".repeat(99)}" ",") }}`,
      "makes more than 256 MiB of text",
    ],
    ...[
      "print",
      "println",
      "html",
      "js",
      "urlquery",
      'printf "% #x"',
      'printf "%q"',
      'printf "%+q"',
      'printf "%#v"',
    ].map((call) => [
      `gives much to ${call}`,
      `{{ $x := printf "%9999999d" 1 }}{{ $y := ${call}${" $x".repeat(100)} }}`,
      "makes more than 256 MiB of text",
    ]),
    ["calls itself", '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', "more than 500 deep"],
    [
      "calls itself within much else",
      `{{ define "a" }}${"{{ if true }}".repeat(40)}{{ template "a" (((((.))))) }}${"{{ end }}".repeat(40)}{{ end }}{{ template "a" 1 }}`,
      "more than 500 deep",
    ],
    ["has many actions in each other", `${"{{ if 1 }}".repeat(50_000)}`, "more than 100 deep"],
    ["has many parentheses", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`, "more than 100 deep"],
    ["has many else ifs", `{{ if 0 }}${"{{ else if 0 }}".repeat(50_000)}{{ end }}`, "more than 100 deep"],
    ["is long", " ".repeat((1 << 20) + 1), "it has more than 1 MiB"],
    ["has many variables", "{{ $x := 1 }}".repeat(1_001), "there are more than 1000 variables"],
  ])("one that %s", (_, template, message) => {
    expect(() => rendered(template)).toThrow(message);
  });

  test("an error is short, however long the names in it are", () => {
    expect(() => rendered(`{{ .${"x".repeat(1_000_000)} }}`)).toThrow(
      /^template: t:1:3: executing "t" at <\.x{499}…>: can't evaluate field x{1400,}…$/,
    );
  });

  test("a long one is within them", () => {
    const template = "{{ range .Apps }}{{ if eq .Id `/mail` }}{{ .Id }}{{ end }}{{ end }}\n".repeat(5_000);
    expect(rendered(template)).toBe("/mail\n".repeat(5_000));
  });
});

const pieces = fc.constantFrom(
  ..."{{ }} {{- -}} . $ | ( ) := = , \" ` ' \\ % %v %s if else end range with define template block len index printf and or not eq lt".split(
    " ",
  ),
  ...".Apps .Services .Id $x $x, nil true 0 -1 1.5 0x /* */ hasKey getService Split Join Replace ToInt call html js urlquery".split(
    " ",
  ),
  " ",
  "\n",
  "é",
  "\ud800",
  "{{ end }}",
  "{{ range .Apps }}",
  "(index .Apps 0)",
  '"%[2]*d"',
);

describe("whatever a template says, it fails with its own error or not at all", () => {
  test.each([
    ["pieces of templates", fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""))],
    ["an action of pieces", fc.array(pieces, { maxLength: 12 }).map((parts) => `{{ ${parts.join(" ")} }}`)],
    ["any text", fc.string({ unit: "binary" }).map((text) => `{{${text}}}`)],
    ["any format", fc.string({ unit: "binary" }).map((text) => `{{ printf ${JSON.stringify(text)} 1 . "x" nil 1.5 }}`)],
  ])("%s", (_, templates) => {
    fc.assert(
      fc.property(templates, (template) => {
        try {
          rendered(template);
        } catch (error) {
          expect(error).toBeInstanceOf(MesosDnsError);
          expect(error).toHaveProperty("code", "LB_TEMPLATE");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
