import { NetworkList } from "../base/network-list.js";
import type { TransferRule } from "../config/config.js";

/** The clients that may transfer zones. */
export class TransferAccess {
  readonly #rules: readonly { readonly networks: NetworkList | undefined; readonly key: string | undefined }[];

  constructor(rules: readonly TransferRule[]) {
    this.#rules = rules.map(({ network, key }) => ({
      networks: network === undefined ? undefined : new NetworkList([network]),
      key,
    }));
  }

  /**
   * @param address 4 or 16 octets
   * @param key the name of the key that has signed the query; `undefined` if none has
   */
  allows(address: Uint8Array, key: string | undefined): boolean {
    return this.#rules.some(
      (rule) => (rule.networks?.includes(address) ?? true) && (rule.key === undefined || rule.key === key),
    );
  }
}
