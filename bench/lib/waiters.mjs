/** Clients that follow a list, in a process of their own, and how soon they have each change. */
import { fork } from "node:child_process";

/** A clock that processes have in common, in milliseconds. */
export const now = () => performance.timeOrigin + performance.now();

/**
 * @param list the `path` to ask for, the query `parameter` for the version that a client has, the response's `header` that names it,
 * what to ask for `first`, and the statuses that are `good`
 */
export function startWaiters({ httpport }, count, list) {
  return start("./list-waiters.mjs", [httpport, count, JSON.stringify(list)]);
}

/** The same for clients that read a stream of events at a path. */
export function startReaders({ httpport }, count, path) {
  return start("./event-readers.mjs", [httpport, count, path]);
}

function start(program, words) {
  const child = fork(new URL(program, import.meta.url), words.map(String));
  return {
    /** Resolves to what was heard: for each answer which waiter had it, its tag, and when; octets and failures of all together. */
    stop: () =>
      new Promise((resolve) => {
        child.once("message", resolve);
        child.send("stop");
      }),
  };
}

/**
 * For each change and each waiter, milliseconds to the first answer that has it or a later one, the shortest first.
 *
 * @param changes each its version, as a number, and when it was made, by version
 * @param versionOf gives the version of a tag; `undefined` where it is not known
 */
export function latenessOf(heard, changes, versionOf) {
  const answers = new Map();
  for (const [i, tag] of heard.tag.entries()) {
    const waiter = heard.waiter[i];
    const version = versionOf(tag);
    if (!answers.has(waiter)) answers.set(waiter, []);
    if (version !== undefined) answers.get(waiter).push([version, heard.at[i]]);
  }
  const result = [];
  for (const own of answers.values()) {
    let next = 0;
    for (const [version, at] of changes) {
      while (next < own.length && own[next][0] < version) next++;
      if (next < own.length) result.push(own[next][1] - at);
    }
  }
  return result.sort((a, b) => a - b);
}
