// Which view is shown; the one poller.

import { h } from "./dom.js";
import { entitiesView } from "./entities.js";
import { instanceView } from "./instance.js";
import { listView } from "./list.js";
import { Poller } from "./poll.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
const pause = document.getElementById("pause");
const said = document.getElementById("said");
let forgetting;

const poller = new Poller((text, isError = false) => {
  if (live.textContent !== text) live.textContent = text;
  live.className = isError ? "error" : text === "Live" ? "on" : "";
});

// What views are given: say(text) for a moment, look() at once.
const desk = {
  look: () => poller.now(),
  say(text) {
    clearTimeout(forgetting);
    said.textContent = text;
    forgetting = setTimeout(() => (said.textContent = ""), 6_000);
  },
};

function route() {
  const [path, query] = location.hash.slice(1).split("?");
  const [, view = "", id = ""] = path.split("/");
  let shown;
  try {
    shown = view === "instance" ? instanceView(decodeURIComponent(id), desk)
      : view === "entities" ? entitiesView(desk)
      : listView(new URLSearchParams(query), desk);
  } catch (error) {
    shown = { title: "Not found", element: h("p", { class: "error" }, error.message), load: async () => false };
  }
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.hash === (view === "entities" ? "#/entities" : "#/instances");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${shown.title} – funchost`;
  main.replaceChildren(shown.element);
  poller.watch(shown.load);
}

pause.addEventListener("click", () => {
  poller.toggle();
  pause.textContent = poller.isPaused ? "Resume" : "Pause";
});
document.getElementById("refresh").addEventListener("click", () => poller.now());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment names the view
  main.focus();
});
window.addEventListener("hashchange", route);
route();
