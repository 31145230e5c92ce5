import { basename } from "node:path";
import { systemTimers } from "../base/timers.js";
import { allowsTemplates } from "../config/lb.js";
import type { BridgeSection } from "../lb/bridge.js";
import { BridgeFile } from "../lb/file-formats/bridge.js";
import type { FileFormat } from "../lb/file-formats/format.js";
import { MarathonLbFiles } from "../lb/file-formats/marathon-lb.js";
import { Templates } from "../lb/marathon-lb/templates.js";
import { marathonLbOptions, pathsOf, serviceOptions } from "../lb/options.js";
import type { LbCarried } from "../lb/report.js";
import type { MarathonApp } from "../sources/marathon/app.js";
import { MarathonClient } from "../sources/marathon/client.js";
import { addressLookup } from "./addresses.js";
import { AppServices } from "./app-services.js";
import { FileHost } from "./file-host.js";
import { FileOutput, type FileOutputParts } from "./file-output.js";
import type { OutputParts } from "./haproxy-output.js";
import { goodMemory, LB_MEMORY, MemoryFile } from "./memory-file.js";
import type { Output } from "./output.js";
import { TaskTexts } from "./task-texts.js";
import { textsOf } from "./template-texts.js";

const NOTHING: LbCarried = { services: [], refused: [], conflicts: [], notices: [] };
const NO_REPORT = () => undefined;

export type FileMeans<Known> = Pick<FileOutputParts<Known>, "known"> & {
  readonly format: FileFormat<Known>;
  readonly host?: FileHost;
  readonly onAccepted?: () => Promise<boolean>;
  readonly onUpdate?: FileOutputParts<Known>["onUpdate"];
};

export function fileHostOf({ settings, haproxy }: OutputParts): FileHost {
  return new FileHost(haproxy, pathsOf(settings).folder, settings.haproxy);
}

/** A file in one of the formats, and a HAProxy that reads it. */
export function fileOutputOf<Known>(parts: OutputParts, means: FileMeans<Known>): FileOutput<Known> {
  const { settings, log } = parts;
  const { onAccepted = async () => true, onUpdate = NO_REPORT } = means;
  return new FileOutput<Known>({
    format: means.format,
    known: means.known,
    host: means.host ?? fileHostOf(parts),
    timers: systemTimers,
    wallClock: Date.now,
    log,
    coalesceMs: settings.reload.coalesceMs,
    minIntervalMs: settings.reload.minIntervalSeconds * 1_000,
    onAccepted,
    onUpdate,
  });
}

/** What all outputs to files have in common. */
export function outputOf<Known>(
  { haproxy, settings }: OutputParts,
  files: FileOutput<Known>,
  own: Pick<Output, "take" | "stop"> & Partial<Pick<Output, "start">>,
): Output {
  const { maps } = pathsOf(settings);
  const mapOf = (path: string) => files.report.made?.content.maps.get(basename(path)) ?? "";
  return {
    start: () => files.start(),
    ...own,
    reload: () => files.reload(),
    get report() {
      const { made, trouble, isSettled } = files.report;
      const carried = () => made?.carried ?? NOTHING;
      const { configPath: file } = haproxy;
      return { carried, trouble, isSettled, info: undefined, file, unbindable: new Map(), stats: files.stats };
    },
    configuration: () => haproxy.config(),
    maps: () => ({ hosts: mapOf(maps.hosts), apps: mapOf(maps.apps) }),
  };
}

export async function marathonLbOutput(parts: OutputParts): Promise<Output> {
  const { settings, haproxy, log, env } = parts;
  const memory = await MemoryFile.open(LB_MEMORY, { haproxy, folder: pathsOf(settings).folder, log });
  const templates = new Templates(textsOf(settings.templatesDir, env), env.HAPROXY_GLOBAL_DEFAULT_OPTIONS);
  const { maps } = pathsOf(settings);
  const options = { templates, render: marathonLbOptions(settings), maps, allowsTemplates: allowsTemplates(settings) };
  const format = new MarathonLbFiles(options, memory.known.good);
  const services = new AppServices(
    { ...serviceOptions(settings), framework: env.FRAMEWORK_NAME },
    addressLookup(),
    () => undefined,
  );
  let apps: readonly MarathonApp[] | undefined;
  const files = fileOutputOf(parts, {
    format,
    known: async () => apps && services.of(apps),
    onAccepted: () => memory.write({ holders: memory.known.holders, good: format.good }),
  });
  return outputOf(parts, files, {
    take: (news, since) => {
      apps = news.apps;
      files.changed(since);
    },
    stop: () => files.stop(),
  });
}

export async function bridgeOutput(parts: OutputParts): Promise<Output> {
  const { settings, haproxy, log, env } = parts;
  const place = { haproxy, folder: pathsOf(settings).folder, log };
  const memory = await MemoryFile.open(goodMemory<BridgeSection>("bridge"), place);
  const format = new BridgeFile(memory.known);
  const texts = new TaskTexts({
    marathons: settings.marathons,
    accessTo: (marathon) => new MarathonClient(marathon, { timers: systemTimers, wallClock: Date.now, env }),
    timers: systemTimers,
    log,
    onChange: () => files.changed(systemTimers.now()),
  });
  const files = fileOutputOf(parts, {
    format,
    known: async () => texts.text,
    onAccepted: () => memory.write(format.good),
  });
  const heard = new Set<string>();
  return outputOf(parts, files, {
    take: ({ apps, source }) => {
      const hasTasks = apps.some(({ tasks }) => tasks.length > 0);
      // Of the first news, those of all Marathons have come.
      const names = heard.size === 0 ? settings.marathons.map(({ name }) => name) : [source];
      for (const name of names) {
        heard.add(name);
        texts.look(name, hasTasks && settings.marathons.length === 1);
      }
    },
    stop: async () => {
      await texts.stop();
      await files.stop();
    },
  });
}
