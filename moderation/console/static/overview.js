// Looking back: what was done, by whom, and how far moderators and machine agree. From `/statistics` alone.

import { get, onSite } from "./api.js";
import { foreign, h, svg } from "./elements.js";
import { at, axes, barAt, figure, roof, table } from "./plot.js";
import { hour, moment, number, percent, span, t } from "./words.js";

const HOURS = ["24", "168", "720"];

export async function page(place, { go }) {
  const hours = HOURS.includes(place.hours) ? place.hours : "24";
  const found = await get(onSite(place.site, "/statistics"), { hours });
  const choice = h("select", { id: "hours", onchange: () => go({ ...place, hours: choice.value }) }, ...HOURS.map((one) => h("option", { value: one }, t(`hours.${one}`))));
  choice.value = hours;
  const older = found.log_begins_at && found.log_begins_at > found.begins_at;
  return [
    h("p", {}, h("label", { for: "hours" }, t("hours")), " ", choice),
    older ? h("p", { class: "hint" }, t("log_begins", { when: moment(found.log_begins_at) })) : null,
    h("div", { class: "panels" }, now(found), perHour(found), who(found), agreement(found), calibration(found), pace(found)),
  ].filter(Boolean);
}

function now(found) {
  const { pending } = found.queues;
  const wait = found.median_seconds_to_decision;
  return h("section", { class: "panel", "aria-labelledby": "now" }, h("h2", { id: "now" }, t("now")),
    h("p", {}, t("pending_now", { n: pending.count }), pending.oldest_seconds === null ? "." : `; ${t("oldest_waits", { age: span(pending.oldest_seconds) })}.`),
    h("p", {}, wait === null ? t("no_median") : t("median_wait", { age: span(wait) })));
}

function perHour(found) {
  const hours = found.per_hour;
  const decided = hours.map((one) => one.approved + one.rejected);
  const top = roof(Math.max(1, ...hours.map((one) => one.arrivals), ...decided));
  const sum = (values) => values.reduce((one, other) => one + other, 0);
  const description = t("per_hour_text", { arrivals: number(sum(hours.map((one) => one.arrivals))), decided: number(sum(decided)), held: number(sum(hours.map((one) => one.held))) });
  return figure(t("per_hour"), description, {
    draw: (frame) => [
      axes(frame, [[0, hour(hours[0].hour)], [0.5, hours.length > 2 ? hour(hours[Math.floor(hours.length / 2)].hour) : ""], [1, hour(hours.at(-1).hour)]], [[0, "0"], [0.5, number(top / 2)], [1, number(top)]]),
      hours.map((one, index) => barAt(frame, "bar-a", index / hours.length, (index + 1) / hours.length, 0, one.arrivals / top)),
      svg("polyline", { class: "line-b", points: decided.map((one, index) => at(frame, (index + 0.5) / hours.length, one / top).map((place) => place.toFixed(1)).join(",")).join(" ") }),
    ],
    legend: [["bar-a", t("arrivals")], ["line", t("decided")]],
    head: [t("hour"), t("arrivals"), t("approved"), t("rejected"), t("held")],
    rows: hours.map((one) => [moment(one.hour), ...[one.arrivals, one.approved, one.rejected, one.held].map((value) => number(value))]),
  });
}

function who(found) {
  const parts = [["bar-a", "model"], ["bar-none", "rule"], ["bar-good", "moderators"]];
  let left = 0;
  return figure(t("who_decides"), t("who_text", Object.fromEntries(parts.map(([, name]) => [name, percent(found.decided[name].share)]))), {
    height: 90,
    draw: (frame) => parts.map(([kind, name]) => {
      const share = found.decided[name].share ?? 0;
      const bar = share > 0 ? svg("rect", { class: kind, x: frame.x0 + left * frame.w, width: share * frame.w, y: frame.y1, height: frame.h }) : null;
      left += share;
      return bar;
    }),
    legend: parts.map(([kind, name]) => [kind, t(name)]),
    head: [t("who_decides"), t("number"), t("share")],
    rows: parts.map(([, name]) => [t(name), number(found.decided[name].count), percent(found.decided[name].share)]),
  });
}

function agreement(found) {
  const line = (name, share) => [h("p", {}, t(name, { share: percent(share.share), n: share.of })),
    share.share === null ? null : h("p", { class: "hint" }, t("bounds", { low: percent(share.low), high: percent(share.high) }))];
  return h("section", { class: "panel", "aria-labelledby": "agreement" }, h("h2", { id: "agreement" }, t("agreement")),
    ...line("agreement_score", found.agreement_with_score), ...line("agreement_machine", found.agreement_with_machine));
}

function calibration(found) {
  const bins = found.calibration;
  return figure(t("calibration"), t("calibration_text"), {
    draw: (frame) => [
      axes(frame, [[0, "0"], [0.5, `${number(0.5)} ${t("scored")}`], [1, "1"]], [[0, "0"], [0.5, percent(0.5)], [1, percent(1)]]),
      svg("line", { class: "axis", x1: frame.x0, y1: frame.y0, x2: frame.x1, y2: frame.y1 }),
      bins.filter((one) => one.rejected.share !== null).map((one) => {
        const [x, y] = at(frame, (one.least + one.below) / 2, one.rejected.share);
        const [, low] = at(frame, 0, one.rejected.low), [, high] = at(frame, 0, one.rejected.high);
        return [svg("line", { class: "whisker", x1: x, x2: x, y1: low, y2: high }), svg("circle", { class: "dot", cx: x, cy: y, r: 5 })];
      }),
    ],
    legend: [["bar-a", t("was_rejected")]],
    head: [t("score_range"), t("of_decided"), t("rejected_share"), t("between")],
    rows: bins.map((one) => [`${number(one.least)}–${number(one.below)}`, number(one.rejected.of), percent(one.rejected.share), one.rejected.share === null ? "–" : `${percent(one.rejected.low)}–${percent(one.rejected.high)}`]),
  });
}

function pace(found) {
  return h("section", { class: "panel", "aria-labelledby": "pace" }, h("h2", { id: "pace" }, t("pace")),
    found.moderators.length === 0 ? h("p", {}, t("nobody_decided"))
      : table(t("pace"), [t("name"), t("decisions"), t("per_hour_worked"), t("as_score"), t("overturned"), t("taken_back")],
        found.moderators.map((one) => [foreign(one.name), number(one.decisions), one.decisions_per_hour === null ? "–" : number(one.decisions_per_hour, 0), percent(one.agreement_with_score.share, 0), number(one.overturned), number(one.taken_back)])));
}
