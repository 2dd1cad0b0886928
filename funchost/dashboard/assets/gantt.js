// A chart of when each step was scheduled and when it was done.

import { encode, span, svg } from "./dom.js";

const ROW = 26, BAR = 12, TOP = 30, LETTER = 6.8, MOST_ROWS = 300;
const TICKS = [1, 2, 5].flatMap((n) => [1, 10, 100, 1000, 1e4].map((ms) => n * ms))
  .concat([15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000].map((s) => s * 1000)).sort((a, b) => a - b);

// end: when the last known thing happened, or now while the instance is alive.
export function gantt(steps, { name, start, end, isOver, isFailed }, width) {
  const rows = [{ kind: "orchestration", name, start, end: isOver ? end : null, isFailed }, ...steps.slice(0, MOST_ROWS)];
  const isNarrow = width < 560;
  const row = isNarrow ? ROW + 16 : ROW;
  const longest = Math.max(...rows.map((step) => step.name.length)) + 3;
  const left = isNarrow ? 0 : Math.min(Math.max(longest * LETTER + 12, 100), width * 0.3);
  const told = rows.map((step) => tell(step, end, isOver));
  const right = width - Math.max(...told.map((text) => text.length)) * LETTER - 12; // every duration finds its place
  const length = Math.max(end - start, 1);
  const x = (ms) => left + ((Math.min(Math.max(ms, start), end) - start) / length) * (right - left);
  const height = TOP + rows.length * row + 4;
  const chart = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Chart of ${rows.length - 1} steps over ${span(length)}; the history below tells the same as text` });

  const tick = TICKS.find((ms) => length / ms <= Math.max(2, (right - left) / 90)) ?? Math.ceil(length / 6 / 2592e6) * 2592e6;
  for (let ms = 0; ms <= length; ms += tick) {
    chart.append(svg("line", { class: "tick", x1: x(start + ms), x2: x(start + ms), y1: TOP - 8, y2: height }),
      svg("text", { class: "axis", x: x(start + ms), y: TOP - 14, "text-anchor": ms ? "middle" : "start" }, ms ? `+${span(ms).replace(/\.0+ s|(?<=\D) 0 \w+$/, (zero) => (zero.startsWith(".") ? " s" : ""))}` : "0"));
  }

  rows.forEach((step, n) => {
    const y = TOP + n * row;
    const middle = isNarrow ? y + 27 : y + row / 2;
    const from = x(step.start), until = x(step.end ?? end);
    const state = step.isFailed ? "failed" : step.end === null ? "open" : "";
    const mark = step.end === step.start && step.kind !== "orchestration"
      ? svg("path", { class: `bar ${step.kind} ${state}`, d: `M${from} ${middle - 7}l7 7l-7 7l-7 -7z` })
      : svg("rect", { class: `bar ${step.kind} ${state}`, x: from, y: middle - BAR / 2, width: Math.max(until - from, 3), height: BAR, rx: 3 });
    const group = svg("g", null,
      svg("title", null, `${step.kind} ${step.name}${step.isFailed ? ", failed" : ""}: ${told[n] || "received"}, from +${span(step.start - start)}`),
      svg("rect", { class: "hit", x: 0, y, width, height: row }),
      svg("text", { class: "label", x: 0, y: isNarrow ? y + 15 : middle + 4 }, clip((step.isFailed ? "✕ " : "") + step.name, isNarrow ? width : left)),
      mark,
      svg("text", { class: "told", x: until + 8, y: middle + 4 }, told[n]));
    chart.append(step.child ? svg("a", { href: `#/instance/${encode(step.child)}`, "aria-label": `Open ${step.child}` }, group) : group);
  });
  return chart;
}

function tell({ kind, start, end: ended, due }, end, isOver) {
  if (kind === "event") return "";
  if (ended !== null) return span(ended - start);
  if (isOver) return "unfinished";
  if (!due) return `${span(end - start)}…`;
  return due > end ? `due in ${span(due - end)}` : "due now";
}

export const leftOut = (steps) => Math.max(0, steps.length - MOST_ROWS);

function clip(text, width) {
  const most = Math.max(4, Math.floor((width - 12) / LETTER));
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}
