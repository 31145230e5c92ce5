import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Features } from "../http/console/features.js";
import { Frame } from "./frame.js";
import { useJson, useRoute } from "./hooks.js";
import type { PageProps } from "./page-props.js";
import { AgentPage, Agents } from "./pages/agents.js";
import { Balancer } from "./pages/balancer.js";
import { Changes } from "./pages/changes.js";
import { Consul } from "./pages/consul.js";
import { Forwarding } from "./pages/forwarding.js";
import { HealthChecks } from "./pages/health-checks.js";
import { LeftOut } from "./pages/left-out.js";
import { NamePage, Names } from "./pages/names.js";
import { NotFound } from "./pages/not-found.js";
import { Overview } from "./pages/overview.js";
import { Search } from "./pages/search.js";
import { ServicePage, Services } from "./pages/services.js";
import { TaskPage } from "./pages/task.js";
import { Tasks } from "./pages/tasks.js";
import { Transfers } from "./pages/transfers.js";
import { Vips } from "./pages/vips.js";
import type { Route } from "./route.js";

const PAGES: Readonly<Record<string, (props: PageProps) => ComponentChildren>> = {
  "": Overview,
  search: Search,
  tasks: Tasks,
  task: TaskPage,
  services: Services,
  service: ServicePage,
  agents: Agents,
  agent: AgentPage,
  names: Names,
  name: NamePage,
  changes: Changes,
  "left-out": LeftOut,
  forwarding: Forwarding,
  transfers: Transfers,
  vips: Vips,
  health: HealthChecks,
  consul: Consul,
  lb: Balancer,
};

export function App() {
  const route = useRoute();
  const { data: features, error } = useJson<Features>("/v1/console/features", 5_000);
  const main = useRef<HTMLElement>(null);
  useFocus(route, main.current);
  if (!features) return <p class="loading">{error === undefined ? "Loading…" : `${error}.`}</p>;
  const Shown = PAGES[route.page] ?? NotFound;
  return (
    <Frame page={route.page} query={route.query} features={features}>
      <main id="main" ref={main} tabIndex={-1}>
        <Shown query={route.query} features={features} />
      </main>
    </Frame>
  );
}

/** Another page begins at its top, and its heading has the focus: readers hear where they are. While somebody types, nothing moves. */
function useFocus({ page, query }: Route, main: HTMLElement | null): void {
  const key = page === "search" ? page : `${page}?${query}`;
  const last = useRef(key);
  useEffect(() => {
    if (last.current === key) return;
    last.current = key;
    scrollTo(0, 0);
    const heading = main?.querySelector("h1");
    document.title = `${heading?.textContent ?? "Mesos-DNS"} · Mesos-DNS`;
    if (!(document.activeElement instanceof HTMLInputElement)) heading?.focus({ preventScroll: true });
  }, [key]);
}
