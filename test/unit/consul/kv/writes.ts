import type { Refusal } from "../../../../src/consul/kv/model.js";
import { act, type Done, type Operation } from "../../../../src/consul/kv/operations.js";
import type { KvStore } from "../../../../src/consul/kv/store.js";

/** An operation, `set` of `x` if nothing else is said. */
export function operation(fields: Partial<Operation> & { readonly key: string }): Operation {
  return { verb: "set", value: Buffer.from("x"), flags: 0n, index: 0, session: "", ...fields };
}

export function run(store: KvStore, fields: Partial<Operation> & { readonly key: string }): Promise<Done | Refusal> {
  const wanted = operation(fields);
  return store.submit<Done | Refusal>({
    octets: wanted.value.length,
    decide: (draft, moment) => act(draft, wanted, moment),
  });
}

export function set(store: KvStore, key: string, value = "x"): Promise<Done | Refusal> {
  return run(store, { key, value: Buffer.from(value) });
}
