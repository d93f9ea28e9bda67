// The policy on trial: thresholds over the histogram of scores with what they would have cost, word lists, and a text to try them on.

import { call, get, onSite } from "./api.js";
import { button, foreign, h, say, svg, visible } from "./elements.js";
import { axes, barAt, figure, roof, table } from "./plot.js";
import { number, percent, t } from "./words.js";

const DAYS = 30;
const BARS = 50;
const MODES = ["auto", "pre", "post", "shadow"];
const COST = ["cards_per_day", "against_moderators"];
const SHARES = ["held_good_share", "good_rejected_share", "spam_published_share"];

export async function page(place, { session }) {
  if (session.role === "reader") return [h("p", {}, t("policy_not_for_readers"))];
  const [policy, past] = await Promise.all([get(onSite(place.site, "/policy")), call("POST", onSite(place.site, "/policy/preview"), { body: { days: DAYS } })]);
  const changed = { ...policy };
  const cost = h("div", { role: "status" });
  const plotBox = h("div", {});
  const result = h("div", { "aria-live": "polite" });

  const sliders = new Map(["approve_below", "reject_above"].map((name) => {
    const shown = h("output", { for: name });
    const slider = h("input", { type: "range", id: name, min: "0", max: "1", step: "0.01", oninput: () => moved(name) });
    slider.value = String(policy[name]);
    return [name, { slider, shown }];
  }));
  function moved(name) {
    const other = name === "approve_below" ? "reject_above" : "approve_below";
    changed[name] = Number(sliders.get(name).slider.value);
    if (changed.approve_below > changed.reject_above) changed[other] = changed[name];
    altered();
    draw();
  }
  /** What is saved was checked just so. */
  function altered() {
    save.disabled = true;
  }
  function draw() {
    for (const [name, { slider, shown }] of sliders) {
      slider.value = String(changed[name]);
      slider.setAttribute("aria-valuetext", number(changed[name]));
      shown.textContent = number(changed[name]);
    }
    cost.replaceChildren(...costOf(past, changed));
    const open = plotBox.querySelector("details")?.open ?? false;
    plotBox.replaceChildren(histogram(past, changed));
    plotBox.querySelector("details").open = open;
  }

  const mode = h("select", { id: "mode", onchange: () => { changed.mode = mode.value; altered(); } }, ...MODES.map((one) => h("option", { value: one }, t(`mode.${one}`))));
  mode.value = policy.mode;
  const lists = new Map(["banned_words", "suspect_words"].map((name) => {
    const area = h("textarea", { id: name, spellcheck: false, dir: "auto", value: policy[name].join("\n"), oninput: () => { changed[name] = linesOf(area.value); altered(); } });
    return [name, area];
  }));

  const fault = h("p", { class: "fault", role: "alert" });
  const tried = async (act) => {
    fault.textContent = "";
    try {
      await act();
    } catch (problem) {
      const where = problem.document?.errors?.[0];
      fault.textContent = where ? `${where.pointer}: ${where.detail}` : problem.message || t("no_answer");
    }
  };
  const save = button(t("save"), () => void tried(async () => {
    await call("PUT", onSite(place.site, "/policy"), { body: changed });
    result.replaceChildren(h("p", {}, t("saved")));
    say(t("saved"));
  }), { class: "act", disabled: true });
  const preview = button(t("preview"), () => void tried(async () => {
    result.replaceChildren(h("p", {}, t("previewing")));
    try {
      const found = await call("POST", onSite(place.site, "/policy/preview"), { body: { policy: changed, days: DAYS } });
      result.replaceChildren(...beside(found));
      save.disabled = session.role !== "admin";
    } catch (problem) {
      result.replaceChildren();
      throw problem;
    }
  }), { class: "act" });

  const text = h("textarea", { id: "test-text", dir: "auto", maxLength: 10000 });
  const verdict = h("div", { "aria-live": "polite" });
  const test = h("form", { class: "test panel", "aria-labelledby": "test-title", onsubmit: (event) => {
    event.preventDefault();
    void tried(async () => {
      const found = await call("POST", onSite(place.site, "/policy/test"), { body: { policy: changed, text: text.value } });
      verdict.replaceChildren(found.findings.length === 0 ? h("p", {}, t("test_nothing")) : h("ul", {}, ...found.findings.map((one) =>
        h("li", {}, h("strong", {}, t(`test_effect_${one.effect}`)), ": ", foreign(one.text)))));
    });
  } }, h("h2", { id: "test-title" }, t("test_box")), h("label", { for: "test-text" }, t("test_text")), text, h("button", { type: "submit", class: "act" }, t("test")), verdict);

  draw();
  return [
    h("p", {}, h("label", { for: "mode" }, t("mode")), " ", mode),
    h("div", { class: "panels" },
      h("div", {}, plotBox,
        h("div", { class: "sliders", role: "group", "aria-label": t("thresholds") }, ...[...sliders].flatMap(([name, { slider, shown }]) => [h("label", { for: name }, t(name)), slider, shown]))),
      h("section", { class: "panel", "aria-labelledby": "cost" }, h("h2", { id: "cost" }, t("cost")), cost, ...past.notes.map((one) => h("p", { class: "hint", lang: "en" }, one)))),
    h("section", { class: "panel", "aria-labelledby": "word-lists" }, h("h2", { id: "word-lists" }, t("word_lists")), h("p", { class: "hint", id: "words-hint" }, t("words_hint")),
      h("div", { class: "lists" }, ...[...lists].map(([name, area]) => h("div", {}, h("label", { for: name }, t(name)), area)))),
    test,
    h("div", {}, h("p", { class: "hint" }, session.role === "admin" ? t("save_confirm") : t("save_admin")), fault, h("div", { class: "form-acts" }, preview, session.role === "admin" ? save : null), result),
  ];
}

const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** The cost of two thresholds, from the table that the preview answers: no call while a slider moves. */
function costOf(past, { approve_below, reject_above }) {
  const { thresholds, total, approved, rejected } = past.table;
  const nearest = (value) => thresholds.reduce((best, one, index) => (Math.abs(one - value) < Math.abs(thresholds[best] - value) ? index : best), 0);
  const low = nearest(approve_below), high = nearest(reject_above);
  const of = (name) => ({ approved: approved[name][low], rejected: rejected[name][high], held: Math.max(0, total[name] - approved[name][low] - rejected[name][high]) });
  const all = of("comments"), good = of("approved_by_moderators"), bad = of("rejected_by_moderators");
  const whole = past.in_force.cards_per_day, held = past.in_force.held.comments;
  const cards = whole !== null && held > 0 ? (whole / held) * all.held : null; // the same days, other comments
  return [
    h("p", {}, t("cost_plain", { n: total.comments, approved: all.approved, held: all.held, rejected: all.rejected })),
    h("p", {}, t("cost_good", { n: total.approved_by_moderators, held: good.held, refused: good.rejected })),
    h("p", {}, t("cost_bad", { n: total.rejected_by_moderators, published: bad.approved })),
    cards === null ? null : h("p", {}, t("cost_cards", { n: Math.round(cards) })),
  ].filter(Boolean);
}

function histogram(past, { approve_below, reject_above }) {
  const found = past.histogram;
  const names = [["bar-good", "approved_by_moderators", t("approved")], ["bar-bad", "rejected_by_moderators", t("rejected")], ["bar-none", "undecided", t("undecided")]];
  const step = Math.max(1, Math.round(found.bins / BARS));
  const bins = [];
  for (let i = 0; i < found.bins; i += step) bins.push(names.map(([, name]) => found[name].slice(i, i + step).reduce((one, other) => one + other, 0)));
  const top = roof(Math.max(1, ...bins.map((one) => one.reduce((sum, value) => sum + value, 0))));
  const edge = (index) => Math.min(1, (index * step) / found.bins);
  return figure(t("thresholds"), t("thresholds_text", { days: DAYS }), {
    draw: (frame) => [
      axes(frame, [[0, "0"], [0.5, number(0.5)], [1, "1"]], [[0, "0"], [0.5, number(top / 2)], [1, number(top)]]),
      bins.map((bin, index) => {
        let low = 0;
        return bin.map((value, kind) => {
          const bar = barAt(frame, names[kind][0], edge(index), edge(index + 1), low / top, (low + value) / top);
          low += value;
          return bar;
        });
      }),
      [approve_below, reject_above].map((value) => svg("line", { class: "cut", x1: frame.x0 + value * frame.w, x2: frame.x0 + value * frame.w, y1: frame.y0, y2: frame.y1 })),
    ],
    legend: names.map(([kind, , text]) => [kind, text]),
    head: [t("score_range"), ...names.map(([, , text]) => text)],
    rows: bins.map((bin, index) => [`${number(edge(index))}–${number(edge(index + 1))}`, ...bin.map((value) => number(value))]).filter((_, index) => bins[index].some(Boolean)),
  });
}

function beside(found) {
  const figureOf = (value) => (value === null || value === undefined ? "–" : number(value));
  const rows = [
    ...["approved", "held", "rejected"].map((name) => [t(`cost.${name}`), found.in_force[name].comments, found.changed[name].comments].map((one, index) => (index ? figureOf(one) : one))),
    ...COST.map((name) => [t(`cost.${name}`), figureOf(found.in_force[name]), figureOf(found.changed[name])]),
    ...SHARES.map((name) => [t(`cost.${name}`), percent(found.in_force[name].share), percent(found.changed[name].share)]),
  ];
  return [table(t("preview"), [t("preview_figure"), t("preview_before"), t("preview_after")], rows), ...found.notes.map((one) => h("p", { class: "hint", lang: "en" }, visible(one)))];
}
