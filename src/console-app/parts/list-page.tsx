import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.js";
import { linkTo } from "../route.js";
import { Page } from "./basics.js";
import { Filter } from "./filter.js";
import { LongTable, type LongTableProps } from "./long-table.js";

export interface ListPageProps<Row> extends Pick<LongTableProps<Row>, "path" | "columns" | "keyOf" | "empty"> {
  readonly title: string;
  /** The page's own name in addresses. */
  readonly page: string;
  readonly query: URLSearchParams;
  /** Its parameters beside `q`. */
  readonly filters?: readonly string[];
  /** What else narrows the list down. */
  readonly controls?: ComponentChildren;
  readonly note?: ComponentChildren;
}

/** A page that is one long list, with words that narrow it down. */
export function ListPage<Row>({ title, page, query, filters = [], controls, note, ...list }: ListPageProps<Row>) {
  const [total, setTotal] = useState<number | undefined>(undefined);
  const given = (name: string) => query.get(name) ?? undefined;
  const parameters = Object.fromEntries(["q", ...filters].map((name) => [name, given(name)]));
  return (
    <Page
      title={title}
      about={
        <span role="status">
          {total === undefined ? "Loading…" : `${count(total)} ${query.toString() === "" ? "in all" : "match"}`}
        </span>
      }
    >
      <Filter text={parameters.q ?? ""} onText={(text) => goTo(page, { ...parameters, q: text })}>
        {controls}
        {query.toString() !== "" && <a href={linkTo(page)}>Show all</a>}
      </Filter>
      {note}
      <LongTable title={title} parameters={parameters} onTotal={setTotal} {...list} />
    </Page>
  );
}

/** Changes the address without a place to go back to. */
export function goTo(page: string, parameters: Readonly<Record<string, string | undefined>>): void {
  history.replaceState(null, "", linkTo(page, parameters));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
