import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppsReader } from "../../../../src/sources/marathon/apps-reader.js";
import { parseJson, readApps } from "../../../../src/sources/marathon/read-apps.js";
import { Rooms } from "../../../../src/sources/marathon/room.js";
import { app, task } from "../../../support/scripted-marathon.js";

const bodyOf = (value: unknown) => Buffer.from(JSON.stringify(value));

/** What `read` gives or says. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

const expectSame = (reader: AppsReader, body: Buffer) =>
  expect(outcomeOf(() => reader.read(body))).toEqual(outcomeOf(() => readApps(parseJson(body))));

describe("answers that are read one after the other", () => {
  it("give the same objects for apps that are the same, wherever they stand", () => {
    const [a, b, c] = ["/a", "/b", "/c"].map((id) => app(id, { tasks: [task("192.0.2.10", [31_000])] }));
    const reader = new AppsReader();
    const first = reader.read(bodyOf({ apps: [a, b] })).apps;
    const second = reader.read(bodyOf({ apps: [c, b, { ...a, instances: 2 }] })).apps;
    expect(second.map(({ id }) => id)).toEqual(["/c", "/b", "/a"]);
    expect(second[1]).toBe(first[1]);
    expect(second[2]).toMatchObject({ id: "/a", instances: 2 });
    expect(reader.read(bodyOf({ apps: [a] })).apps[0]).not.toBe(first[0]);
  });

  it("are the same as if each were read by itself, whatever they are", () => {
    const ids = fc.constantFrom("/a", "/ü", '/"', "a", "", null);
    const apps = fc.array(fc.oneof(fc.record({ id: ids, instances: fc.nat(2), x: fc.jsonValue() }), fc.jsonValue()));
    const answers = fc.array(fc.oneof(fc.record({ y: fc.jsonValue(), apps, z: fc.jsonValue() }), fc.jsonValue()));
    fc.assert(
      fc.property(answers, fc.boolean(), (values, isSpaced) => {
        const reader = new AppsReader();
        for (const value of values) expectSame(reader, Buffer.from(JSON.stringify(value, null, isSpaced ? 2 : 0)));
      }),
    );
  });

  it("are the same as if each were read by itself, whichever apps come, go and change places", () => {
    const pool = ["/a", "/b", "/ü", "/d", "/e"].flatMap((id) => [app(id), { ...app(id), instances: 7 }]);
    const lists = fc.array(fc.shuffledSubarray([...pool, 12, 123, "x", null, []]), { minLength: 2 });
    fc.assert(
      fc.property(lists, (answers) => {
        const reader = new AppsReader();
        for (const apps of answers) expectSame(reader, bodyOf({ apps }));
      }),
    );
  });

  it("are the same as if each were read by itself, where the memory of the last but one is written again", () => {
    const apps = fc.array(fc.constantFrom(app("/a"), app("/b"), { ...app("/a"), instances: 7 }, app("/c"), 12));
    const texts = fc.oneof(
      apps.map((list) => JSON.stringify({ apps: list })),
      apps.map((list) => `{"apps":null,"apps":${JSON.stringify(list)}}`),
      fc.constantFrom("", "{", '{"message":"x"}', '{"apps":[{"id":"/a"}'),
    );
    fc.assert(
      fc.property(fc.array(texts, { minLength: 3 }), (answers) => {
        const [reader, rooms] = [new AppsReader(), new Rooms()];
        for (const text of answers) {
          const { free } = rooms;
          free.begin();
          for (const octet of Buffer.from(text)) free.add(Uint8Array.of(octet));
          const read = outcomeOf(() => reader.read(free.end()));
          expect(read).toEqual(outcomeOf(() => readApps(parseJson(Buffer.from(text)))));
          if (typeof read !== "string") rooms.keep();
        }
      }),
    );
  });

  it("give the same objects for all apps but one, where one comes, goes or changes", () => {
    const many = Array.from({ length: 20 }, (_, index) => app(`/app-${index}`));
    const reader = new AppsReader();
    const before = new Set(reader.read(bodyOf({ apps: many })).apps);
    const known = (apps: unknown[]) => reader.read(bodyOf({ apps })).apps.filter((one) => before.has(one)).length;
    expect(known([...many.slice(0, 7), app("/new"), ...many.slice(7)])).toBe(20);
    expect(known([...many.slice(0, 7), ...many.slice(8)])).toBe(19);
    expect(known(many.map((one, index) => (index === 3 ? { ...one, instances: 5 } : one)))).toBe(18);
  });

  it.each([
    "",
    "{",
    '{"apps":[{"id":"/a"}]',
    '{"apps":[{"id":"/a"}]}}',
    '{"apps":[{"id":"/a" "x":1}]}',
    '{"apps":[],"apps":[{"id":"/a"}]}',
    '{"apps":[{"id":"/a"}],"apps":null}',
    '{"\\u0061pps":[{"id":"/a"}]}',
    '{"apps":[{"\\u0069d":"/a"},tru]}',
    ' {"apps" : [ {"id" : "/a"} , {"id":"/b"}\n] } ',
  ])("are the same as if each were read by itself where nobody writes them so: %j", (text) => {
    expectSame(new AppsReader(), Buffer.from(text));
  });
});
