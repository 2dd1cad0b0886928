// The management API and /admin/functions; nothing else is asked.

import { encode, parse } from "./dom.js";

const BASE = "/runtime/webhooks/durabletask";
const PATIENCE_MS = 20_000;
const PLAIN = {
  404: "There is no such thing in this task hub (404).",
  410: "The instance has already finished (410).",
  413: "The host does not take a body of this size (413).",
};

export class ApiError extends Error {}

async function call(path, { query = {}, ...options } = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) if (value !== "" && value != null) url.searchParams.set(name, value);
  let response, text;
  try {
    response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    text = await response.text();
  } catch {
    throw new ApiError("The host does not answer. Is it still running?");
  }
  if (!response.ok) throw Object.assign(new ApiError(reason(response.status, text)), { status: response.status });
  return { text, value: text ? parse(text) : null, token: response.headers.get("x-ms-continuation-token") };
}

function reason(status, text) {
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // a text as it is
  }
  if (body && typeof body === "object") {
    return [body.Message, body.ExceptionMessage].filter((part, n, all) => part && all.indexOf(part) === n).join("\n");
  }
  return body || PLAIN[status] || `The host answered ${status}.`;
}

const one = (id, operation = "") => `${BASE}/instances/${encode(id)}${operation}`;
const json = (text) => ({ body: text, headers: { "content-type": "application/json" } });

// `pages` pages of a listing, one after the other: {items, token of the next page, text to compare}.
async function listing(path, query, pages) {
  const all = { items: [], token: "", text: "" };
  for (let page = 0; page < pages && (page === 0 || all.token); page++) {
    const headers = all.token ? { "x-ms-continuation-token": all.token } : {};
    const { value, token, text } = await call(path, { query, headers });
    all.items.push(...value);
    all.token = token;
    all.text += text + token;
  }
  return all;
}

export const instances = (query, pages) =>
  listing(`${BASE}/instances`, { showInput: false, showEntities: false, ...query }, pages);
export const entities = (pages) => listing(`${BASE}/entities`, { fetchState: true, top: 200 }, pages);
export const instance = (id) =>
  call(one(id), { query: { showHistory: true, showHistoryOutput: true, showLinks: true } });

export async function orchestrators() {
  const { value } = await call("/admin/functions");
  const triggers = value
    .filter((found) => !found.isDisabled)
    .map((found) => [found.name, found.config.bindings.find((binding) => binding.type === "orchestrationTrigger")]);
  return triggers.filter(([, trigger]) => trigger).map(([name, trigger]) => trigger.orchestration || name).sort();
}

export const start = (name, id, input) =>
  call(`${BASE}/orchestrators/${encode(name)}${id ? "/" + encode(id) : ""}`, { method: "POST", ...json(input) });
export const act = (id, verb, why) => call(one(id, `/${verb}`), { method: "POST", query: { reason: why } });
export const raise = (id, event, data) =>
  call(one(id, `/raiseEvent/${encode(event)}`), { method: "POST", ...json(data) });
export const restart = (id, newId) =>
  call(one(id, "/restart"), { method: "POST", query: { restartWithNewInstanceId: newId } });
export const purge = (id) => call(one(id), { method: "DELETE" });
