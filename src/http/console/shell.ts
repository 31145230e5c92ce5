import { html } from "hono/html";
import type { Assets } from "./assets.js";

/** The page loads its own files, and asks its own server: nothing else, whatever a name in it says. */
export const SHELL_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The console, which the script makes. @param plain what is shown without scripts */
export function shell(domain: string, { script, style }: Pick<Assets, "script" | "style">, plain: unknown) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Mesos-DNS: ${domain}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${style}" />
    <script type="module" src="${script}"></script>
  </head>
  <body>
    <div id="app"></div>
    <noscript><main class="plain">${plain}</main></noscript>
  </body>
</html>
`;
}
