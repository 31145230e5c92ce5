import type { MarathonApp } from "../../../../src/sources/marathon/app.js";
import { readApp } from "../../../../src/sources/marathon/read-apps.js";
import type { Json } from "../../../support/json.js";

/** An app as Marathon tells of it. @param extra members that replace or add to its own */
export function marathonApp(id: string, extra: Json = {}): MarathonApp {
  const tasks = (extra as { readonly tasks?: readonly Json[] }).tasks ?? [];
  const { app } = readApp({ id, instances: tasks.length, portDefinitions: [{ port: 10_000 }], labels: {}, ...extra });
  if (!app) throw new Error("it is no app");
  return app;
}
