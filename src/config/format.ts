/**
 * The format of a configuration value. It reads what an operator wrote (untrusted JSON, or the text of an environment
 * variable) into a typed value, and reports everything that it refuses. It never converts types: `"53"` in the file is not a
 * number, as in Mesos-DNS.
 */

/** Receives what a format finds. `at` is the position inside the value (`[1]`, `.corp.example`), or "" for the whole value. */
export interface Findings {
  /** Reports a refused value. @param allowed what may be written: a phrase that completes "allowed: …" */
  fault(at: string, value: unknown, allowed: string): void;
  /** Reports an accepted value that means something else than one may think. @param remark completes "key: …" */
  remark(at: string, remark: string): void;
}

export interface Format<T> {
  /** What may be written: a phrase that completes "allowed: …". */
  readonly allowed: string;
  /** The JSON value that an environment variable's text means; the text itself if it means none. */
  fromText(text: string): unknown;
  /** The typed value, or `undefined` after at least one fault. */
  read(value: unknown, findings: Findings): T | undefined;
}

/** A format for a string. @param explain says what is wrong with a refused string: a phrase that completes "allowed: …" */
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

/** Numbers outside the range that are accepted all the same, as in Mesos-DNS. */
export interface Leniency {
  /** Too small numbers from `least` on are read as `value`. @param remark says so */
  readonly below?: { readonly least: number; readonly value: number; readonly remark: (got: number) => string };
  /** Too large numbers are read as the largest one. */
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

/** A number from `min` to `max`, both included, which may have decimals. */
export function decimal(min: number, max: number): Format<number> {
  const allowed = `a number from ${min} to ${max}`;
  return {
    allowed,
    fromText: (text) => (/^-?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : text),
    read(value, findings) {
      if (typeof value === "number" && value >= min && value <= max) return value;
      findings.fault("", value, allowed);
      return undefined;
    },
  };
}

/** Parses `line` as JSON. If that fails, returns the text itself, which the key's format then refuses. */
export function parseJsonOrText(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** Passes on findings about a part of a value. */
export function within(place: string, { fault, remark }: Findings): Findings {
  return {
    fault: (at, value, allowed) => fault(`${place}${at}`, value, allowed),
    remark: (at, text) => remark(`${place}${at}`, text),
  };
}
