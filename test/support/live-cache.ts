import { setTimeout as sleep } from "node:timers/promises";
import { TcpClient } from "./ask.js";
import { encodeQuery, extendedErrors } from "./dns.js";
import { ask, at, outside } from "./live-asks.js";
import { one } from "./live-server.js";

/**
 * What the cache does, as its clients and the resolver behind it see it. Where answers are counted they are asked for over TCP: for
 * UDP every thread keeps some of its own.
 */

/** Longer than what has a second to live. */
const PAST_SECOND_MS = 1_200;
/** By then a question is there that was repeated because its answer came late. */
const REPEATED_MS = 300;
/** More answers than a cache of 1 MiB holds of those that were asked for once, and how many are asked for at a time. */
const CROWD = 500;
const AT_ONCE = 50;

/** RFC 8914 section 4.4. */
const STALE_ANSWER = 3;

/** How often the first resolver has been asked for a name. */
const timesAsked = (name: string) => one.asked.filter((line) => line.startsWith(`${name} `)).length;

async function askInTurn(client: TcpClient, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    client.send(...some.map((name) => encodeQuery(name)));
    for (const _ of some) await client.receive();
  }
}

/** Whether many other answers push one out. */
export async function isPushedOut(): Promise<boolean> {
  const client = await TcpClient.connect(at());
  const first = outside();
  await askInTurn(client, [first, ...Array.from({ length: CROWD }, outside)]);
  const before = timesAsked(first);
  await askInTurn(client, [first]);
  client.close();
  return timesAsked(first) > before;
}

/** Whether it is asked again after a second that a name does not exist. */
export async function isNegativeAskedAgain(): Promise<boolean> {
  const name = `${outside()}.missing.example`;
  await ask(name);
  await sleep(PAST_SECOND_MS);
  const before = timesAsked(name);
  await ask(name);
  return timesAsked(name) > before;
}

/** Whether a name that is asked for all the time is fetched again in less time than it has to live. */
export async function isFetchedWithin(lifetimeMs: number): Promise<boolean> {
  const client = await TcpClient.connect(at());
  const name = outside();
  const began = performance.now();
  await askInTurn(client, [name]);
  await sleep(REPEATED_MS);
  const before = timesAsked(name);
  while (timesAsked(name) === before) {
    await askInTurn(client, [name]);
    await sleep(10);
  }
  client.close();
  return performance.now() - began < lifetimeMs;
}

/** Whether an answer is given past its time, and called so, where the resolver fails. */
export async function isGivenStale(): Promise<boolean> {
  const name = `${outside()}.once.example`;
  await ask(name);
  await sleep(PAST_SECOND_MS);
  return extendedErrors(await ask(name, { edns: 1232 })).includes(STALE_ANSWER);
}
