// historyEvents as the API gives them: completions carry what they complete. Here they become steps and list items.

import { h, instanceLink, opened, pretty, span, when } from "./dom.js";

const WORDS = {
  ExecutionStarted: "Orchestrator started", ExecutionCompleted: "Orchestrator ended", ExecutionTerminated: "Terminated",
  ExecutionSuspended: "Suspended", ExecutionResumed: "Resumed", ExecutionRewound: "Rewound", ContinueAsNew: "Continued as new",
  TaskScheduled: "Activity scheduled", TaskCompleted: "Activity completed", TaskFailed: "Activity failed",
  SubOrchestrationInstanceCreated: "Sub-orchestration created", SubOrchestrationInstanceCompleted: "Sub-orchestration completed",
  SubOrchestrationInstanceFailed: "Sub-orchestration failed", TimerCreated: "Timer created", TimerFired: "Timer fired",
  EventSent: "Message to entity", EventRaised: "Event raised",
};
const MOST_ITEMS = 500;
const at = (text) => new Date(text).getTime();

// What took time, by its beginning: {kind, name, start, end (none: unfinished), isFailed, child, due}, in ms.
export function steps(events) {
  const found = [];
  const timers = [];
  const calls = new Map();
  for (const event of events) {
    const type = event.EventType;
    const moment = at(event.Timestamp);
    const name = event.FunctionName ?? event.Name ?? "";
    if (/^(Task|SubOrchestrationInstance)/.test(type)) {
      const kind = type.startsWith("Task") ? "activity" : "sub-orchestration";
      const isOver = /(Completed|Failed)$/.test(type);
      found.push({ kind, name, child: event.InstanceId, isFailed: type.endsWith("Failed"),
        start: isOver ? at(event.ScheduledTime ?? event.Timestamp) : moment, end: isOver ? moment : null });
    } else if (type === "TimerCreated") {
      timers.push({ kind: "timer", name: "Timer", start: moment, end: null, due: at(event.FireAt) });
      found.push(timers.at(-1));
    } else if (type === "TimerFired") {
      const timer = timers.find((one) => one.end === null && one.due === at(event.FireAt));
      if (timer) timer.end = moment;
    } else if (type === "EventSent") {
      const message = opened(event.Input) ?? {};
      const call = { kind: "entity", name: `${event.InstanceId} ${message.op ?? ""}`, start: moment, end: message.signal ? moment : null };
      if (message.id && !message.signal) calls.set(message.id, call);
      found.push(call);
    } else if (type === "EventRaised") {
      const call = calls.get(event.Name);
      if (call) call.end = moment;
      else found.push({ kind: "event", name, start: moment, end: moment });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

// The list: element, and show(events).
export function historyList() {
  const list = h("ol", { class: "history" });
  const more = h("button", { type: "button", hidden: true, onclick: () => { isWhole = true; show(latest); } });
  let isWhole = false;
  let latest = [];

  function show(events) {
    latest = events;
    const open = new Map([...list.querySelectorAll("details")].map((item) => [item.dataset.key, item.open]));
    const focused = document.activeElement.closest?.(".history details")?.dataset.key;
    const began = events.length ? at(events[0].Timestamp) : 0;
    const shown = isWhole ? events : events.slice(0, MOST_ITEMS);
    const seen = new Map();
    const lastFailure = events.filter((event) => event.EventType.endsWith("Failed")).at(-1);
    const asked = new Map(events.filter((event) => event.EventType === "EventSent").map((event) => [opened(event.Input)?.id, event.InstanceId]));
    list.replaceChildren(...shown.map((event) => {
      const base = [event.EventType, event.ScheduledTime ?? event.Timestamp, event.FunctionName ?? event.Name].join(" ");
      seen.set(base, (seen.get(base) ?? 0) + 1);
      return item(event, { began, open, key: `${base} ${seen.get(base)}`, isLastFailure: event === lastFailure,
        entity: event.EventType === "EventRaised" && asked.get(event.Name) });
    }));
    if (focused) [...list.querySelectorAll("details")].find((one) => one.dataset.key === focused)?.querySelector("summary").focus();
    more.hidden = shown.length === events.length;
    more.textContent = `Show all ${events.length} events`;
  }

  return { element: h("div", null, list, more), show };
}

function item(event, { began, key, open, entity, isLastFailure }) {
  const type = event.EventType;
  const isFailure = type.endsWith("Failed") || event.OrchestrationStatus === "Failed";
  const moment = at(event.Timestamp);
  const line = [
    when(event.Timestamp, true),
    h("span", { class: "offset" }, `+${span(moment - began)}`),
    h("span", { class: "what" }, h("span", null, entity ? "Entity answered" : WORDS[type] ?? type), " ",
      h("b", null, entity || (type === "EventSent" ? event.InstanceId : event.FunctionName ?? event.Name ?? event.OrchestrationStatus))),
    h("span", { class: "took" }, event.ScheduledTime ? span(moment - at(event.ScheduledTime)) : ""),
  ];
  const parts = [
    event.InstanceId && type.startsWith("Sub") && ["Instance", instanceLink(event.InstanceId)],
    event.FireAt && ["Due", when(event.FireAt, true)],
    event.ScheduledTime && ["Scheduled", when(event.ScheduledTime, true)],
    event.Input != null && ["Input", pretty(event.Input)],
    "Result" in event && type !== "ExecutionCompleted" && ["Result", pretty(event.Result)],
    event.Reason && ["Reason", isFailure ? failure(event.Reason) : pretty(event.Reason)],
    event.Details && ["Traceback", failure(event.Details)],
  ].filter(Boolean).map(([label, content]) => [h("dt", null, label), h("dd", null, content)]);
  const classes = isFailure ? "failed" : null;
  if (!parts.length) return h("li", { class: classes }, h("div", { class: "line" }, line));
  return h("li", { class: classes },
    h("details", { "data-key": key, open: open.get(key) ?? isLastFailure },
      h("summary", { class: "line" }, line), h("dl", null, parts)));
}

// What follows the mark is for the engine, not for readers.
export const failure = (text) => h("pre", { tabindex: "0", class: "failure" }, text.split("\n\n$OutOfProcData$:")[0].trim());
