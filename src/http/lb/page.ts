import { createHash } from "node:crypto";
import { html, raw } from "hono/html";

/** The page to edit Bamboo's rules. All that it shows comes by the API and is set as text: names are never markup. */

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; }
  table { border-collapse: collapse; width: 100%; }
  th { text-align: left; font-weight: normal; color: #51606f; }
  th, td { padding: .3rem 1rem .3rem 0; vertical-align: top; border-bottom: 1px solid #d5dce3; }
  td:nth-child(2) { overflow-wrap: anywhere; } td:nth-child(3) { text-align: right; font-variant-numeric: tabular-nums; }
  td:last-child { white-space: nowrap; } code { font-size: .95em; }
  button, input { font: inherit; padding: .2rem .6rem; } input { width: 100%; box-sizing: border-box; }
  label { display: block; margin: .8rem 0; } dialog { width: min(40rem, 90vw); border: 1px solid #93a1af; }
  .question { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 1rem 0; } .question label { margin: 0; }
  .note { color: #51606f; } .missing, .fault { color: #a3231a; } .fault { white-space: pre-wrap; }
  @media (prefers-color-scheme: dark) {
    body, dialog { background: #14191f; color: #dde4ea; } th, .note { color: #93a1af; }
    th, td { border-color: #2f3943; } .missing, .fault { color: #ff8a80; }
  }`;

export const PAGE = String(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Rules</title>
    <style>${raw(STYLE)}</style>
    <script src="page.js" defer></script>
  </head>
  <body>
    <h1>Rules</h1>
    <p class="note">Which requests each app of Marathon gets.</p>
    <p><button id="add" type="button">Add a rule</button> <button id="reload" type="button">Reload</button></p>
    <form id="question" class="question">
      <label>Host <input id="host" spellcheck="false" autocomplete="off" placeholder="shop.example.com" /></label>
      <label>Path <input id="path" spellcheck="false" autocomplete="off" value="/" /></label>
      <button type="submit">Who gets it?</button> <output id="route"></output>
    </form>
    <p id="news" class="fault" role="status"></p>
    <noscript><p>This page needs its script; <a href="api/services">the rules themselves</a> do not.</p></noscript>
    <table>
      <thead><tr><th scope="col">Marathon id</th><th scope="col">Acl</th><th scope="col">Instances</th><th scope="col">Change</th></tr></thead>
      <tbody id="rows"></tbody>
    </table>
    <dialog id="editor" aria-labelledby="what">
      <form method="dialog" id="form">
        <h2 id="what"></h2>
        <label>Marathon id <input id="id" required maxlength="1024" spellcheck="false" autocomplete="off" /></label>
        <label id="acl-label">Acl, such as <code>hdr(host) -i shop.example.com</code> <input id="acl" spellcheck="false" autocomplete="off" /></label>
        <label id="token-label" hidden>Token <input id="token" type="password" autocomplete="off" /></label>
        <p id="fault" class="fault" role="alert"></p>
        <p><button id="save" type="submit"></button> <button id="force" type="button" hidden>Store it all the same</button>
          <button id="cancel" type="button">Cancel</button></p>
      </form>
    </dialog>
  </body>
</html>
`);

const hash = createHash("sha256").update(STYLE).digest("base64");
/** The page's own script and style, the API, and nothing else. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  `style-src 'sha256-${hash}'`,
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export { SCRIPT } from "./page-script.js";
