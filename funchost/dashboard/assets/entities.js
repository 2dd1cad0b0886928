// Entities with their states.

import * as api from "./api.js";
import { h, pretty, when } from "./dom.js";

export function entitiesView(desk) {
  let pages = 1;
  let last = "";
  const body = h("tbody");
  const none = h("p", { class: "none", hidden: true }, "No entities yet. One comes to be with the first operation it is sent.");
  const more = h("p", { class: "more", hidden: true }, h("button", { type: "button", onclick: () => { pages++; desk.look(); } }, "Load more"));

  async function load() {
    const { items, token, text } = await api.entities(pages);
    if (text === last) return false;
    last = text;
    none.hidden = items.length > 0;
    more.hidden = !token;
    body.replaceChildren(...items.map(({ entityId, lastOperationTime, state }) =>
      h("tr", null,
        h("td", { class: "name" }, entityId.name),
        h("td", { class: "id mono" }, entityId.key === "" ? "(empty)" : entityId.key),
        h("td", null, pretty(state)),
        h("td", { class: "time" }, when(lastOperationTime)))));
    return true;
  }

  const heads = ["Entity", "Key", "State", "Last operation"].map((text) => h("th", { scope: "col" }, text));
  const element = h("div", null,
    h("div", { class: "title" }, h("h1", null, "Entities")),
    h("table", { class: "entities" }, h("thead", null, h("tr", null, heads)), body),
    none, more);
  return { title: "Entities", element, load };
}
