/**
 * What a format of a configuration value is. It reads what an operator wrote (untrusted JSON, or the text of an environment
 * variable) into a typed value, and tells of each thing it refuses. It never coerces: `"53"` in the file is not a number, as
 * in Mesos-DNS.
 */

/** Where a format tells what it found. `at` is the place inside the value (`[1]`, `.corp.example`) or "" for all of it. */
export interface Findings {
  /** The value is refused. @param allowed what may be written, in words that complete "allowed: …" */
  fault(at: string, value: unknown, allowed: string): void;
  /** The value is accepted, but means something else than somebody may think. @param remark completes "key: …" */
  remark(at: string, remark: string): void;
}

export interface Format<T> {
  /** What may be written, in words that complete "allowed: …". */
  readonly allowed: string;
  /** The JSON value that an environment variable's text stands for; the text itself where it stands for none. */
  fromText(text: string): unknown;
  /** The typed value, or `undefined` after at least one fault. */
  read(value: unknown, findings: Findings): T | undefined;
}

/** A format of one string. @param explain what is wrong with a string that is refused, in words that complete "allowed: …" */
export function textual<T>(
  allowed: string,
  parse: (text: string) => T | undefined,
  explain: (text: string) => string = () => allowed,
): Format<T> {
  return {
    allowed,
    fromText: (text) => text,
    read(value, findings) {
      const parsed = typeof value === "string" ? parse(value) : undefined;
      if (parsed === undefined) findings.fault("", value, typeof value === "string" ? explain(value) : allowed);
      return parsed;
    },
  };
}

/** Numbers outside the range that are accepted all the same, as Mesos-DNS accepts them. */
export interface Leniency {
  /** Numbers from `least` on that are too small are read as `value`. @param remark says so */
  readonly below?: { readonly least: number; readonly value: number; readonly remark: (got: number) => string };
  /** Numbers that are too large are read as the largest. */
  readonly above?: true;
}

/** An integer from `min` to `max`, both included. */
export function integer(min: number, max: number, { below, above }: Leniency = {}): Format<number> {
  const allowed = `an integer from ${min} to ${max}`;
  return {
    allowed,
    fromText: (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : text),
    read(value, findings) {
      if (typeof value === "number" && Number.isInteger(value)) {
        if (value >= min && value <= max) return value;
        if (value > max && above) {
          findings.remark("", `${value} is taken as ${max}, the largest there is`);
          return max;
        }
        if (value < min && below && value >= below.least) {
          findings.remark("", below.remark(value));
          return below.value;
        }
      }
      findings.fault("", value, allowed);
      return undefined;
    },
  };
}

/** What `line` says as JSON, or the text itself, which the key's format then refuses by name. */
export function parseJsonOrText(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
