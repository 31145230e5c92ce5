import { render } from "preact";
import { App } from "./app.js";
import { live } from "./live.js";

const root = document.getElementById("app");
if (root) {
  live.start();
  render(<App />, root);
}
