// Plots drawn by hand: each has a title and a description for who listens, and its figures as a table below.

import { h, svg } from "./elements.js";
import { t } from "./words.js";

const W = 640, H = 240, LEFT = 44, RIGHT = 10, TOP = 10, BOTTOM = 34;
let numbers = 0;

/** A panel: heading, plot, legend, and the same figures as a table. `draw(frame)` returns the plot's elements. */
export function figure(title, description, { draw, legend = [], head, rows, height = H }) {
  const id = `plot-${(numbers += 1)}`;
  const frame = { x0: LEFT, x1: W - RIGHT, y0: height - BOTTOM, y1: TOP, w: W - LEFT - RIGHT, h: height - BOTTOM - TOP };
  return h("section", { class: "panel", "aria-labelledby": `${id}-h` },
    h("h2", { id: `${id}-h` }, title),
    svg("svg", { class: "plot", viewBox: `0 0 ${W} ${height}`, role: "img", "aria-labelledby": `${id}-t ${id}-d` },
      svg("title", { id: `${id}-t` }, title), svg("desc", { id: `${id}-d` }, description), ...draw(frame).flat(3).filter(Boolean)),
    legend.length ? h("ul", { class: "legend" }, ...legend.map(([kind, text]) => h("li", {},
      svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: kind.startsWith("line") ? "bar-bad" : kind, width: 10, height: kind.startsWith("line") ? 3 : 10, y: kind.startsWith("line") ? 4 : 0 })), text))) : null,
    h("p", {}, description),
    h("details", {}, h("summary", {}, t("table")), table(title, head, rows)));
}

/** A table; cells that are numbers already written stand right. */
export function table(caption, head, rows) {
  return h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": `${caption}: ${t("table")}` }, h("table", {}, h("caption", { class: "unseen" }, caption),
    h("thead", {}, h("tr", {}, ...head.map((one, index) => h("th", { scope: "col", class: index ? "n" : "" }, one)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((one, index) => (index ? h("td", { class: "n" }, one) : h("th", { scope: "row" }, one))))))));
}

/** A round number not below `value`, for the end of an axis. */
export function roof(value) {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((one) => one * size >= value) * size;
}

/** Both axes with what stands at them: `ys` and `xs` are [share of the axis, text]. */
export function axes(frame, xs, ys) {
  return [
    ...ys.map(([share, text]) => {
      const y = frame.y0 - share * frame.h;
      return [svg("line", { class: "grid", x1: frame.x0, x2: frame.x1, y1: y, y2: y }), svg("text", { x: frame.x0 - 6, y: y + 4, "text-anchor": "end" }, text)];
    }),
    svg("line", { class: "axis", x1: frame.x0, x2: frame.x1, y1: frame.y0, y2: frame.y0 }),
    ...xs.map(([share, text]) => svg("text", { x: frame.x0 + share * frame.w, y: frame.y0 + 18, "text-anchor": share > 0.95 ? "end" : share < 0.05 ? "start" : "middle" }, text)),
  ];
}

/** A bar from `low` to `high` (shares of the height) in the column from `left` to `right` (shares of the width). */
export function barAt(frame, kind, left, right, low, high) {
  const gap = (right - left) * frame.w > 4 ? 1 : 0;
  return high <= low ? null : svg("rect", { class: kind, x: frame.x0 + left * frame.w + gap / 2, width: Math.max(0.5, (right - left) * frame.w - gap),
    y: frame.y0 - high * frame.h, height: (high - low) * frame.h });
}

export const at = (frame, x, y) => [frame.x0 + x * frame.w, frame.y0 - y * frame.h];
