/** What runs in the browser: plain JavaScript, as it is. It asks this server alone. */
export const SCRIPT = `"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const text = (tag, content, className) => {
    const node = document.createElement(tag);
    node.textContent = content;
    if (className) node.className = className;
    return node;
  };

  /** Rules without an app first, then apps without a rule, then the others: what needs somebody comes first. */
  function rowsOf(state) {
    const apps = new Map(state.Apps.map((app) => [app.Id, app]));
    const rules = new Map(Object.entries(state.Services));
    const ids = [...new Set([...rules.keys(), ...apps.keys()])].sort();
    const rank = ({ app, rule }) => (app ? (rule ? 2 : 1) : 0);
    return ids
      .map((id) => ({ id, app: apps.get(id), rule: rules.get(id) }))
      .sort((a, b) => rank(a) - rank(b));
  }

  function button(label, id, act) {
    const node = text("button", label);
    node.type = "button";
    node.setAttribute("aria-label", label + " the rule of " + id);
    node.addEventListener("click", act);
    return node;
  }

  function row({ id, app, rule }, overlaps) {
    const tr = document.createElement("tr");
    const name = document.createElement("td");
    name.append(text("code", id));
    const acl = document.createElement("td");
    if (rule) acl.append(text("code", rule.Acl));
    if (!app) acl.append(document.createTextNode(" "), text("span", "Missing app in Marathon", "missing"));
    if (!rule) acl.append(text("span", "Using default proxy rule", "note"));
    if (overlaps[id]) acl.append(text("div", "Overlap: " + overlaps[id], "missing"));
    const buttons = document.createElement("td");
    if (!rule) buttons.append(button("Add", id, () => edit("Add a rule", { id, acl: "" })));
    if (rule && app) buttons.append(button("Edit", id, () => edit("Edit a rule", { id, acl: rule.Acl, config: rule.Config })), " ");
    if (rule) buttons.append(button("Delete", id, () => edit("Delete a rule", { id, acl: rule.Acl, isGoing: true })));
    tr.append(name, acl, text("td", app ? String(app.Tasks.length) : ""), buttons);
    return tr;
  }

  async function load() {
    try {
      const ask = async (path) => (await fetch(path, { cache: "no-store" })).json();
      const [state, overlaps] = await Promise.all([ask("api/state"), ask("api/overlaps")]);
      at("news").textContent = state ? "" : "Marathon's apps or the rules are not known now: the log of the server says why.";
      if (state) at("rows").replaceChildren(...rowsOf(state).map((one) => row(one, overlaps)));
    } catch (error) {
      at("news").textContent = "The server does not answer: " + error.message;
    }
  }

  let current;
  let token = "";

  function edit(what, rule) {
    current = { ...rule, isNew: what === "Add a rule" && rule.id === "" };
    at("what").textContent = what;
    at("id").value = rule.id;
    at("id").readOnly = !current.isNew;
    at("acl").value = rule.acl;
    at("acl").readOnly = Boolean(rule.isGoing);
    at("save").textContent = rule.isGoing ? "Delete" : "Store";
    tell("");
    at("editor").showModal();
    (current.isNew ? at("id") : rule.isGoing ? at("cancel") : at("acl")).focus();
  }

  function tell(fault, status) {
    at("fault").textContent = fault;
    at("force").hidden = status !== 409;
    if (status === 401) at("token-label").hidden = false;
  }

  function request(isForced) {
    const headers = token ? { authorization: "Bearer " + token } : {};
    const id = at("id").value;
    if (current.isGoing) return fetch("api/services/" + encodeURIComponent(id), { method: "DELETE", headers });
    const acl = at("acl").value;
    const body = JSON.stringify({ id, acl, config: { ...current.config, Acl: acl } });
    const path = "api/services" + (isForced ? "?force=true" : "");
    return fetch(path, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body });
  }

  async function store(isForced) {
    token = at("token").value;
    try {
      const response = await request(isForced);
      if (!response.ok) return tell((await response.text()).trim(), response.status);
      at("editor").close();
      await load();
    } catch (error) {
      tell("The server does not answer: " + error.message);
    }
  }

  async function route() {
    const query = new URLSearchParams({ host: at("host").value, path: at("path").value });
    try {
      const { id, unclear } = await (await fetch("api/route?" + query)).json();
      const maybe = unclear.length > 0 ? ", unless one of these does, whose rules are not understood: " + unclear.join(", ") : "";
      at("route").textContent = (id ?? "nobody by a rule") + maybe;
    } catch (error) {
      at("route").textContent = "The server does not answer: " + error.message;
    }
  }

  at("question").addEventListener("submit", (event) => {
    event.preventDefault();
    route();
  });
  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    store(false);
  });
  at("force").addEventListener("click", () => store(true));
  at("cancel").addEventListener("click", () => at("editor").close());
  at("add").addEventListener("click", () => edit("Add a rule", { id: "", acl: "" }));
  at("reload").addEventListener("click", load);
  load();
})();
`;
