// Instances: filters, counts, the table, and a start.

import * as api from "./api.js";
import { ask } from "./actions.js";
import { badge, encode, h, instanceLink, isFinished, span, when } from "./dom.js";

const PAGE_SIZE = 200;
const STATUSES = ["Running", "Pending", "Suspended", "ContinuedAsNew", "Completed", "Failed", "Terminated", "Canceled"];
const RARE = ["ContinuedAsNew", "Canceled"]; // chips only where there are some
const SINCE = { "": "any time", 15: "the last 15 minutes", 60: "the last hour", 1440: "the last 24 hours", own: "times of my own" };

export function listView(query, desk) {
  let pages = 1;
  let last = "";
  const rows = new Map();
  const given = (name) => query.get(name) ?? "";
  const chosen = new Set(given("status").split(",").filter((status) => STATUSES.includes(status)));

  const changed = () => {
    own.hidden = since.value !== "own";
    const now = { status: [...chosen].join(","), name: name.value, id: prefix.value, since: since.value, from: from.value, to: to.value };
    const text = new URLSearchParams(Object.entries(now).filter(([, value]) => value)).toString();
    history.replaceState(null, "", `#/instances${text ? "?" + text : ""}`);
    pages = 1;
    desk.look();
  };
  const name = h("input", { type: "search", value: given("name"), placeholder: "contains…", oninput: changed });
  const prefix = h("input", { type: "search", value: given("id"), placeholder: "starts with…", class: "mono", oninput: changed });
  const since = h("select", { onchange: changed },
    Object.keys(SINCE).sort((a, b) => a - b).map((value) => h("option", { value, selected: value === given("since") }, SINCE[value])));
  const from = h("input", { type: "datetime-local", step: "1", value: given("from"), onchange: changed });
  const to = h("input", { type: "datetime-local", step: "1", value: given("to"), onchange: changed });
  const own = h("span", { class: "own", hidden: since.value !== "own" }, h("label", null, "from", from), h("label", null, "to", to));

  const counts = {};
  const chips = STATUSES.map((status) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(status), onchange: () => {
      chosen[box.checked ? "add" : "delete"](status);
      changed();
    } });
    counts[status] = h("b", null, "0");
    return h("label", { class: `chip ${status}`, hidden: RARE.includes(status) }, box, status, counts[status]);
  });

  const body = h("tbody");
  const none = h("p", { class: "none", hidden: true });
  const note = h("span");
  const more = h("p", { class: "more", hidden: true }, note, " ", h("button", { type: "button", onclick: () => { pages++; desk.look(); } }, "Load more"));

  const time = (value) => (value ? new Date(value).toISOString() : "");
  const base = () => ({
    top: PAGE_SIZE,
    instanceIdPrefix: prefix.value,
    createdTimeFrom: since.value === "own" ? time(from.value) : since.value && new Date(Date.now() - since.value * 60_000).toISOString(),
    createdTimeTo: since.value === "own" ? time(to.value) : "",
  });

  async function load() {
    const filter = base();
    const all = await api.instances(filter, pages);
    let found = all;
    if (chosen.size && all.token) found = await api.instances({ ...filter, runtimeStatus: [...chosen].join(",") }, pages);
    const wanted = name.value.trim().toLowerCase();
    const shown = found.items
      .filter((item) => (!chosen.size || chosen.has(item.runtimeStatus)) && item.name.toLowerCase().includes(wanted))
      .sort((a, b) => b.createdTime.localeCompare(a.createdTime) || a.instanceId.localeCompare(b.instanceId));
    showCounts(all);
    showRows(shown);
    none.hidden = shown.length > 0;
    none.textContent = all.items.length ? "No instance fits these filters." : isFiltered(filter) ? "No instance fits these filters."
      : "No instances yet. Start an orchestration here, or through your app.";
    more.hidden = !found.token;
    note.textContent = `The first ${found.items.length} in order of their ids${wanted ? `, ${shown.length} of them with this name` : ""}; there are more.`;
    const text = all.text + found.text;
    const isNews = text !== last;
    last = text;
    return isNews;
  }

  const isFiltered = (filter) => filter.instanceIdPrefix || filter.createdTimeFrom || filter.createdTimeTo;

  function showCounts(all) {
    for (const [index, status] of STATUSES.entries()) {
      const count = all.items.filter((item) => item.runtimeStatus === status).length;
      counts[status].textContent = `${count}${all.token ? "+" : ""}`;
      chips[index].hidden = RARE.includes(status) && !count && !chosen.has(status);
    }
  }

  // Rows stay the same elements from look to look, so that focus and selection do.
  function showRows(items) {
    const gone = new Set(rows.keys());
    items.forEach((item, index) => {
      gone.delete(item.instanceId);
      const end = isFinished(item.runtimeStatus) ? new Date(item.lastUpdatedTime) : new Date();
      const row = rows.get(item.instanceId) ?? newRow(item);
      if (row.badge.textContent !== item.runtimeStatus) row.badge.replaceChildren(badge(item.runtimeStatus));
      row.name.textContent = item.name;
      if (row.created.firstChild?.dateTime !== item.createdTime) row.created.replaceChildren(when(item.createdTime));
      const ms = Math.max(0, end - new Date(item.createdTime));
      row.took.textContent = ms < 1000 ? "under 1 s" : span(Math.round(ms / 1000) * 1000).replace(/\.0+ s/, " s");
      if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
    });
    for (const id of gone) {
      rows.get(id).element.remove();
      rows.delete(id);
    }
  }

  function newRow(item) {
    const row = { badge: h("td"), name: h("td", { class: "name" }), created: h("td", { class: "time" }), took: h("td", { class: "took" }) };
    row.element = h("tr", null, row.badge, row.name, h("td", { class: "id" }, instanceLink(item.instanceId)), row.created, row.took);
    rows.set(item.instanceId, row);
    return row;
  }

  const element = h("div", null,
    h("div", { class: "title" }, h("h1", null, "Instances"), h("button", { type: "button", class: "primary", onclick: () => startOne(desk) }, "Start an orchestration")),
    h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
      h("fieldset", { class: "chips" }, h("legend", null, "Status"), chips),
      h("label", null, "Name", name), h("label", null, "Id", prefix), h("label", null, "Created in", since), own),
    h("table", { class: "instances" },
      h("thead", null, h("tr", null, ["Status", "Name", "Id", "Created", "Duration"].map((text) => h("th", { scope: "col" }, text)))), body),
    none, more);
  return { title: "Instances", element, load };
}

async function startOne(desk) {
  let names;
  try {
    names = await api.orchestrators();
  } catch (error) {
    return desk.say(error.message);
  }
  if (!names.length) return desk.say("This app has no orchestrators.");
  ask({
    title: "Start an orchestration",
    fields: [
      { name: "function", label: "Orchestrator", options: names },
      { name: "input", label: "Input", type: "json", hint: "JSON; empty for none" },
      { name: "id", label: "Instance id", hint: "empty for a new one" },
    ],
    confirm: "Start",
    async run(values) {
      const { value } = await api.start(values.function, values.id.trim(), values.input);
      location.hash = `#/instance/${encode(value.id)}`;
    },
  });
}
