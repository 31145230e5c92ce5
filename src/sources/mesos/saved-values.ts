import { isPort } from "../../base/host-port.js";
import { isObject, type JsonObject } from "../../base/lenient.js";

/**
 * Reads values that this program has saved. Unlike values from a master, any malformed one means that the file is damaged: throws
 * an Error.
 */

export function object(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new Error("it lacks an object where one belongs");
}

export function list<Item>(value: unknown, read: (element: unknown) => Item): readonly Item[] {
  if (Array.isArray(value)) return value.map((element) => read(element));
  throw new Error("it lacks a list where one belongs");
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error("it lacks a text where one belongs");
}

export function port(value: unknown): number {
  if (value === 0 || isPort(value)) return value;
  throw new Error("it lacks a port where one belongs");
}
