import { expect, onTestFinished, test } from "vitest";
import { type EventResponse, ServerSource } from "../../../src/vip-node/server-source.js";
import type { TableNews } from "../../../src/vip-node/table-source.js";
import { ManualTimers, settle } from "../../support/timers.js";

const entry = (port: number) => ({ vip: `web.example:${port}`, address: "11.0.0.1", protocol: "tcp", backend: [] });
const event = (kind: string, id: string, services: object, gone: string[] = []) =>
  `event: ${kind}\nid: ${id}\ndata: ${JSON.stringify({ services, gone, at: 7 })}\n\n`;

/** A stream that a test feeds by hand. */
class Feed implements AsyncIterable<string> {
  readonly #pieces: string[] = [];
  #wake: () => void = () => undefined;
  #over: Error | boolean = false;

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => this.end(signal.reason));
  }

  say(piece: string): void {
    this.#pieces.push(piece);
    this.#wake();
  }

  end(error?: Error): void {
    this.#over = error ?? true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      yield* this.#pieces.splice(0);
      if (this.#over instanceof Error) throw this.#over;
      if (this.#over) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function setUp(servers = ["http://one.example", "http://two.example"]) {
  const timers = new ManualTimers();
  const asked: {
    url: string;
    tag: string | undefined;
    feed: Feed;
    answer: (response: Partial<EventResponse>) => void;
    fail: (error: Error) => void;
  }[] = [];
  const news: TableNews[] = [];
  const said: string[] = [];
  const source = new ServerSource({
    servers,
    timers,
    random: () => 0,
    onNews: (each) => news.push(each),
    onCurrent: (from) => said.push(`current ${from}`),
    onTrouble: (reason) => said.push(`trouble ${reason}`),
    onBadEntries: (text) => said.push(text),
    open: (url, headers, signal) =>
      new Promise((resolve, reject) => {
        const feed = new Feed(signal);
        signal.addEventListener("abort", () => reject(signal.reason));
        const answer = (response: Partial<EventResponse>) =>
          resolve({ status: 200, pieces: feed, reason: async () => "no", ...response });
        asked.push({ url, tag: headers["last-event-id"], feed, answer, fail: reject });
      }),
  });
  onTestFinished(() => source.stop());
  source.start();
  return { timers, asked, news, said, source };
}

test("the table is what the events have come to, cut anywhere", async () => {
  const { asked, news } = setUp();
  asked[0].answer({});
  const text =
    event("all", '"1"', { a: entry(1), b: entry(2) }) + event("changes", '"2"', { b: entry(3), c: entry(4) }, ["a"]);
  for (const letter of text) asked[0].feed.say(letter);
  await settle();
  expect(asked[0].url).toBe("http://one.example/v1/vips/events");
  expect(news.map(({ table }) => [...table].map(([key, { vip }]) => `${key} ${vip}`))).toEqual([
    ["a web.example:1", "b web.example:2"],
    ["b web.example:3", "c web.example:4"],
  ]);
  expect(news[1]).toMatchObject({ at: 7, from: "http://one.example" });
});

test("the next server is asked at once, with what is known, and after all of them there is a pause that grows", async () => {
  const { asked, said, timers } = setUp();
  asked[0].answer({});
  asked[0].feed.say(event("all", '"1"', { a: entry(1) }));
  await settle();
  asked[0].feed.end();
  await timers.advance(0);
  expect(asked[1]).toMatchObject({ url: "http://two.example/v1/vips/events", tag: '"1"' });
  asked[1].fail(new Error("refused"));
  await settle();
  expect(asked).toHaveLength(2);
  await timers.advance(250);
  asked[2].answer({ status: 503, reason: async () => "no state yet" });
  await timers.advance(499);
  expect(asked).toHaveLength(3);
  await timers.advance(1);
  expect(asked).toHaveLength(4);
  expect(said).toEqual([
    "current http://one.example",
    "trouble http://one.example: it has ended the stream",
    "trouble http://two.example: refused",
    "trouble http://one.example: status 503: no state yet",
  ]);
});

test("a server that is silent is left, and one that has nothing new makes the table current", async () => {
  const { asked, said, news, timers } = setUp();
  asked[0].answer({});
  asked[0].feed.say(event("all", '"1"', { a: entry(1) }));
  await settle();
  for (let i = 0; i < 4; i++) {
    await timers.advance(15_000);
    asked[0].feed.say(":\n\n");
    await settle();
  }
  expect(asked).toHaveLength(1);
  await timers.advance(40_000);
  asked[1].answer({});
  asked[1].feed.say(event("changes", '"1"', {}));
  await settle();
  expect(said.slice(1)).toEqual(["trouble http://one.example: nothing for 40 s", "current http://two.example"]);
  expect(news).toHaveLength(1);
});

test("what cannot be read costs only itself, or the stream if it is none", async () => {
  const { asked, said, news, timers } = setUp();
  asked[0].answer({});
  asked[0].feed.say(event("all", '"1"', { a: entry(1), bad: { vip: "x" } }));
  await settle();
  expect([...news[0].table.keys()]).toEqual(["a"]);
  expect(said).toContain("http://one.example tells of 1 virtual addresses that cannot be read: bad");
  asked[0].feed.say("data: <html>\n\n");
  await timers.advance(0);
  expect(said.at(-1)).toMatch(/^trouble http:\/\/one.example: Unexpected token/);
  expect(asked).toHaveLength(2);
});

test("a server that only keeps the connection alive is left for the next one", async () => {
  const { asked, said, timers } = setUp();
  asked[0].answer({});
  for (let i = 0; i < 4; i++) {
    asked[0].feed.say(":\n\n");
    await timers.advance(10_000);
  }
  await settle();
  expect(said).toEqual(["trouble http://one.example: no table within 40 s"]);
  expect(asked[1].url).toMatch(/two/);
});

test("servers that end each stream at once are not asked again and again without a pause", async () => {
  const { asked, timers } = setUp();
  for (let i = 0; i < 4; i++) {
    asked[i]?.answer({});
    asked[i]?.feed.say(event("all", '"1"', { a: entry(1) }));
    asked[i]?.feed.end();
    await timers.advance(0);
  }
  expect(asked).toHaveLength(2);
  await timers.advance(250);
  expect(asked).toHaveLength(3);
});

test.each(["null", "5", '{"services":null,"gone":[]}', '{"services":{},"gone":5}', '{"services":{},"gone":[5]}'])(
  "an event that says %s is named, and changes nothing",
  async (data) => {
    const { asked, said, news, timers } = setUp();
    asked[0].answer({});
    asked[0].feed.say(`event: all\nid: 1\ndata: ${data}\n\n`);
    await timers.advance(0);
    expect(said).toEqual(["trouble http://one.example: an event without services"]);
    expect(news).toEqual([]);
  },
);
