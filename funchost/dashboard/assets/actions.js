// Verbs on one instance, each behind a dialog that says what it does and shows what the host answers.

import * as api from "./api.js";
import { encode, h, isFinished } from "./dom.js";

// Ask in a dialog. run(values) does it; what it throws is shown, and the dialog stays.
export function ask({ title, text, fields = [], confirm, danger = false, run }) {
  const inputs = {};
  const rows = fields.map(({ name, label, type = "text", options, hint, required = false }) => {
    inputs[name] = options ? h("select", null, options.map((option) => h("option", null, option)))
      : type === "json" ? h("textarea", { rows: "5", class: "mono", spellcheck: "false" })
      : h("input", { type, required, autocomplete: "off", checked: type === "checkbox" });
    return h("label", { class: type }, h("span", null, label, hint && h("small", null, hint)), inputs[name]);
  });
  const problem = h("p", { class: "error", role: "alert" });
  const go = h("button", { class: danger ? "danger" : "primary" }, confirm);
  const dialog = h("dialog", { "aria-labelledby": "asked", onclose: () => dialog.remove() },
    h("form", { method: "dialog", onsubmit: submit },
      h("h2", { id: "asked" }, title), text && h("p", null, text), rows, problem,
      h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), go)));

  async function submit(event) {
    event.preventDefault();
    problem.textContent = "";
    const values = {};
    for (const { name, label, type } of fields) {
      values[name] = type === "checkbox" ? inputs[name].checked : inputs[name].value;
      if (type !== "json" || !values[name].trim()) continue;
      try {
        JSON.parse(values[name]);
      } catch (error) {
        problem.textContent = `${label} is not JSON: ${error.message}. A text needs quotes: "like this".`;
        return inputs[name].focus();
      }
    }
    go.disabled = true;
    try {
      await run(values);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    }
    go.disabled = false;
  }

  document.body.append(dialog);
  dialog.showModal();
}

const live = (status) => !isFinished(status);
const WHY = { name: "why", label: "Reason", hint: "optional" };

// fits: in which statuses the host accepts it.
const VERBS = [
  { label: "Raise event", fits: live, text: "Sends an external event. The name must be spelled as the orchestrator waits for it.",
    fields: [{ name: "event", label: "Event name", required: true }, { name: "data", label: "Data", type: "json", hint: "JSON; empty for none" }],
    run: (id, { event, data }) => api.raise(id, event, data), done: "Event accepted" },
  { label: "Suspend", fits: (status) => live(status) && status !== "Suspended", fields: [WHY],
    text: "Holds the orchestrator until it is resumed. Activities that run go on.",
    run: (id, { why }) => api.act(id, "suspend", why), done: "Suspension accepted" },
  { label: "Resume", fits: (status) => status === "Suspended", fields: [WHY], text: "Lets the orchestrator go on.",
    run: (id, { why }) => api.act(id, "resume", why), done: "Resumption accepted" },
  { label: "Rewind", fits: (status) => status === "Failed", fields: [WHY],
    text: "Runs again what failed, and keeps what succeeded.", run: (id, { why }) => api.act(id, "rewind", why), done: "Rewind accepted" },
  { label: "Restart", fits: () => true, fields: [{ name: "fresh", label: "Under a new id", type: "checkbox" }],
    text: "Starts the same orchestrator with the same input. Under its own id, this run is replaced.",
    async run(id, { fresh }) {
      const { value } = await api.restart(id, fresh);
      location.hash = `#/instance/${encode(value.id)}`;
    }, done: "Restarted" },
  { label: "Terminate", fits: live, danger: true, fields: [WHY],
    text: "Ends the orchestration for good. Children and activities that run go on.",
    run: (id, { why }) => api.act(id, "terminate", why), done: "Termination accepted" },
  { label: "Purge", fits: isFinished, danger: true, text: "Deletes the instance with its history. There is no way back.",
    async run(id) {
      await api.purge(id);
      location.hash = "#/instances";
    }, done: "Purged" },
];

// A toolbar for one instance: its element, and show(status), which enables what fits.
export function toolbar(id, desk) {
  const buttons = VERBS.map((verb) =>
    h("button", { type: "button", class: verb.danger ? "danger" : null, onclick: () => ask({
      ...verb, title: `${verb.label}: ${id}`, confirm: verb.label,
      async run(values) {
        const here = location.hash;
        await verb.run(id, values);
        desk.say(`${verb.done}.`);
        if (location.hash === here) desk.look();
      },
    }) }, verb.label));
  return {
    element: h("div", { class: "toolbar", role: "group", "aria-label": "Actions" }, buttons),
    show: (status) => buttons.forEach((button, n) => (button.disabled = !VERBS[n].fits(status))),
  };
}
