// One instance: what went in and came out, the chart, the history, and the verbs.

import * as api from "./api.js";
import { toolbar } from "./actions.js";
import { badge, h, instanceLink, isFinished, opened, pretty, span, when } from "./dom.js";
import { gantt, leftOut } from "./gantt.js";
import { failure, historyList, steps } from "./history.js";

const KINDS = { activity: "activity", "sub-orchestration": "sub-orchestration", timer: "timer", entity: "entity message", event: "external event" };

export function instanceView(id, desk) {
  const name = h("h1");
  const facts = h("dl", { class: "facts" });
  const tools = toolbar(id, desk);
  const panels = h("div", { class: "panels" });
  const chart = h("div");
  const legend = h("p", { class: "legend" });
  const events = historyList();
  const whole = h("div", { hidden: true },
    tools.element, panels,
    h("section", null, h("h2", null, "Timeline"), legend, h("div", { class: "gantt" }, chart),
      h("p", { class: "hint" }, "A bar runs from when a step was scheduled to when its result was recorded. History does not say when a worker took it up, so waiting and running cannot be told apart.")),
    h("section", null, h("h2", null, "History"), events.element));
  const missing = h("p", { class: "none", hidden: true });
  let last, latest;

  function draw() {
    const status = latest.runtimeStatus;
    const history = latest.historyEvents ?? [];
    const found = steps(history);
    const times = history.map((event) => new Date(event.Timestamp).getTime());
    const start = times[0] ?? new Date(latest.createdTime).getTime();
    const isOver = isFinished(status);
    const end = Math.max(start, ...times, isOver ? 0 : Date.now());
    const took = times.length > 0 || !isOver ? span(end - start) : "";
    facts.replaceChildren(...[
      ["Status", badge(status)],
      ["Created", when(latest.createdTime)],
      isOver && ["Ended", when(latest.lastUpdatedTime)],
      took && ["Duration", took],
      latest.parentInstanceId && ["Parent", instanceLink(latest.parentInstanceId)],
    ].filter(Boolean).map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))));
    const width = chart.clientWidth;
    if (!width || !history.length) return chart.replaceChildren(h("p", { class: "none" }, "Nothing has happened yet."));
    const hidden = leftOut(found);
    legend.replaceChildren(...Object.entries(KINDS).filter(([kind]) => found.some((step) => step.kind === kind))
      .map(([kind, text]) => h("span", { class: `key ${kind}` }, text)), hidden ? h("span", null, `${hidden} later steps are not drawn`) : "");
    chart.replaceChildren(gantt(found, { name: latest.name, start, end, isOver, isFailed: status === "Failed" }, width));
  }

  function show() {
    const { runtimeStatus: status, output, input, customStatus } = latest;
    name.textContent = latest.name;
    tools.show(status);
    const isFailure = status === "Failed" && typeof output === "string";
    const panel = (title, content, kind) => h("section", { class: `panel ${kind ?? ""}` }, h("h2", null, title), content);
    const sent = typeof input === "string" && typeof opened(input) !== "string";
    panels.replaceChildren(
      isFailure ? panel("Failure", failure(output), "failed wide")
        : panel(status === "Terminated" ? "Reason" : "Output", isFinished(status) ? pretty(output) : h("p", { class: "none" }, "not yet")),
      panel("Input", [pretty(input), sent && h("p", { class: "hint" }, "Sent as JSON text in a string, as the SDK's client does.")]),
      customStatus != null ? panel("Custom status", pretty(customStatus)) : "");
    events.show(latest.historyEvents ?? []);
  }

  async function load() {
    let answer;
    try {
      answer = await api.instance(id);
    } catch (error) {
      if (error.status !== 404) throw error;
      missing.textContent = `There is no instance with the id ${id} in this task hub.`;
      missing.hidden = false;
      whole.hidden = true;
      return false;
    }
    const isNews = answer.text !== last;
    last = answer.text;
    latest = answer.value;
    missing.hidden = true;
    whole.hidden = false;
    if (isNews) show();
    if (isNews || !isFinished(latest.runtimeStatus)) draw();
    return isNews;
  }

  new ResizeObserver(() => latest && draw()).observe(chart);
  const element = h("div", null,
    h("p", { class: "crumbs" }, h("a", { href: "#/instances" }, "Instances"), " / ", h("span", { class: "mono" }, id)),
    h("div", { class: "title" }, name), facts, whole, missing);
  return { title: id, element, load };
}
