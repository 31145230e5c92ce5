/** Every key of a slice of the configuration, and no other: the compiler sees to that. */
export type KeysOf<Slice> = Readonly<Record<keyof Slice, true>>;

/** Whether two configurations differ in one of these keys. */
export function differIn<Slice>(keys: KeysOf<Slice>, before: Slice, after: Slice): boolean {
  const names = Object.keys(keys) as (keyof Slice)[];
  return names.some((key) => before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
