import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Features } from "../http/console/features.js";
import { clock } from "./format.js";
import { useLive, useNow } from "./hooks.js";
import { lostSince } from "./live-state.js";
import { Status } from "./parts/basics.js";
import { linkTo } from "./route.js";

export interface FrameProps {
  readonly page: string;
  readonly query: URLSearchParams;
  readonly features: Features;
  readonly children: ComponentChildren;
}

type Entry = readonly [page: string, title: string, isShown: (features: Features) => boolean];

const always = () => true;
const lists = ({ lists }: Features) => lists;

const ENTRIES: readonly Entry[] = [
  ["", "Overview", always],
  ["services", "Services", lists],
  ["tasks", "Tasks", lists],
  ["agents", "Agents", lists],
  ["names", "Names", lists],
  ["changes", "Changes", always],
  ["forwarding", "Forwarding", ({ forwarding }) => forwarding],
  ["health", "Health checks", ({ health }) => health],
  ["vips", "Virtual addresses", ({ vips }) => vips],
  ["consul", "Consul", ({ consul }) => consul !== null],
  ["lb", "Load balancer", ({ lb }) => lb],
  ["transfers", "Transfers", ({ transfers }) => transfers],
];

/** The pages that are reached through others, and where. */
const ABOVE: Readonly<Record<string, string>> = {
  task: "tasks",
  service: "services",
  agent: "agents",
  name: "names",
  "left-out": "",
};

/** What is around every page: the search, the state of the server, and where to go. */
export function Frame({ page, query, features, children }: FrameProps) {
  const current = ABOVE[page] ?? page;
  const nav = useRef<HTMLElement>(null);
  useEffect(
    () => nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }),
    [current],
  );
  const since = lostSince(
    useLive((state) => state),
    useNow(),
  );
  return (
    <div class={since === undefined ? "frame" : "frame is-lost"}>
      {/* biome-ignore lint/a11y/useValidAnchor: readers expect a link here; the address has the page, so it stays as it is */}
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={linkTo("")}>
          <span class="brand-name">Mesos-DNS</span> <span class="brand-domain">{features.domain}</span>
        </a>
        {features.lists && <SearchBox page={page} text={query.get("q") ?? ""} />}
        <ServerState isLost={since !== undefined} />
      </header>
      <nav class="side" aria-label="Pages" ref={nav}>
        <ul>
          {ENTRIES.filter(([, , isShown]) => isShown(features)).map(([target, title]) => (
            <li key={target}>
              <a href={linkTo(target)} aria-current={target === current ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
        <p class="version">
          Version {features.version}
          <br />
          <a href="/plain">Plain page</a> · <a href="/metrics">Metrics</a>
        </p>
      </nav>
      {since !== undefined && (
        <p class="lost" role="alert">
          The server has not answered since {clock(since)}: what stands here is what it told last.
        </p>
      )}
      {children}
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function SearchBox({ page, text }: { readonly page: string; readonly text: string }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.select();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const go = (words: string) => {
    const target = linkTo("search", { q: words });
    // Letters of a word are no places to go back to.
    if (page === "search") history.replaceState(null, "", target);
    else history.pushState(null, "", target);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return (
    <search class="search">
      <label class="unseen" for="search">
        Search names, tasks, services, agents and addresses
      </label>
      <input
        id="search"
        ref={input}
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder="Search names, tasks, agents, addresses"
        value={page === "search" ? text : ""}
        onInput={({ currentTarget }) => go(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") document.querySelector<HTMLElement>("[data-hit]")?.focus();
          if (event.key === "Enter") document.querySelector<HTMLElement>("[data-hit]")?.click();
        }}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </search>
  );
}

/** Whether the server is ready, and whether this page hears of it. */
function ServerState({ isLost }: { readonly isLost: boolean }) {
  const isConnected = useLive((state) => state.isConnected);
  const cluster = useLive((state) => state.figures?.cluster);
  return (
    <div class="server-state" role="status">
      {isLost ? (
        <Status tone="bad">no answer</Status>
      ) : !isConnected ? (
        <Status tone="idle">connecting…</Status>
      ) : !cluster ? null : cluster.reasons.length > 0 ? (
        <Status tone="bad">{cluster.stale ? "stale" : "not ready"}</Status>
      ) : cluster.notes.length > 0 ? (
        <Status tone="warn">ready, holding</Status>
      ) : (
        <Status tone="good">ready</Status>
      )}
    </div>
  );
}
