// Elements and texts. Everything that comes from the hub passes through here as text, never as markup.

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

export const svg = (tag, props, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

export const instanceLink = (id, text = id) => h("a", { href: `#/instance/${encode(id)}`, class: "mono" }, text);

export const badge = (status) => h("span", { class: `badge ${status}` }, status);

// A lone half of a surrogate pair has no encoding; such an id cannot stand in any URL.
export const encode = (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));

export function when(iso, fraction = false) {
  const moment = new Date(iso);
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  if (fraction) time.fractionalSecondDigits = 3;
  const clock = moment.toLocaleTimeString("en-GB", time);
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return h("time", { datetime: iso, title: iso }, isToday ? clock : `${day}, ${clock}`);
}

export function span(ms) {
  if (ms < 0) return "–" + span(-ms);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const [days, hours, minutes, seconds] = [86400, 3600, 60, 1].map((unit) => Math.round(ms / 1000 / unit - 0.5));
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return `${minutes} min ${seconds % 60} s`;
}

export const isFinished = (status) => ["Completed", "Failed", "Terminated", "Canceled"].includes(status);

// What the SDK's client sends is JSON text in a JSON string, and history holds inputs as text: both are opened.
export function opened(value) {
  for (let layer = 0; layer < 2 && typeof value === "string" && /^\s*[[{"]/.test(value); layer++) {
    try {
      value = parse(value);
    } catch {
      break;
    }
  }
  return value;
}

export function pretty(value) {
  const shown = opened(value);
  return h("pre", { tabindex: "0" }, typeof shown === "string" ? shown : JSON.stringify(shown, null, 2));
}

// Numbers keep the digits they came with (2^53 and beyond, 1.0), in browsers that tell them.
export const parse = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && JSON.rawJSON && context?.source !== String(value)
      ? JSON.rawJSON(context.source)
      : value,
  );
