import type { Features } from "../http/console/features.js";

/** What a page is made with. */
export interface PageProps {
  readonly query: URLSearchParams;
  readonly features: Features;
}
