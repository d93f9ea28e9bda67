// Queues with their counts, and the filters of the list: a form whose state is the address.

import { button, foreign, h, visible } from "./elements.js";
import { codeName } from "./card.js";
import { AGES, ORDERS, QUEUES, addressOf, bare, filtered } from "./place.js";
import { number, span, t } from "./words.js";

const TEXTS = ["q", "article", "author", "tag", "assigned"];

export class Filters {
  constructor(go) {
    this.go = go;
    this.tabs = new Map(QUEUES.map((queue) => {
      const count = h("span", { class: "count" });
      return [queue, { count, link: h("a", { href: "?", onclick: (event) => this.#follow(event, { ...bare(this.place), queue }) }, t(`queue.${queue}`), " ", count) }];
    }));
    this.order = choice("order", ORDERS.map((one) => [one, t(`order.${one}`)]));
    this.newer = choice("newer", [["", t("any_age")], ...Object.entries(AGES).map(([one, seconds]) => [one, t("newer_than", { age: span(seconds) })])]);
    this.older = choice("older", [["", t("any_age")], ...Object.entries(AGES).map(([one, seconds]) => [one, t("older_than", { age: span(seconds) })])]);
    this.reason = h("input", { type: "text", id: "filter-reason", name: "reason", list: "reasons", maxLength: 64, autocomplete: "off" });
    this.reasons = h("datalist", { id: "reasons" });
    this.texts = new Map(TEXTS.map((name) => [name, h("input", { type: name === "q" ? "search" : "text", id: `filter-${name}`, name, maxLength: 200, autocomplete: "off" })]));
    this.scores = ["score_min", "score_max"].map((name) =>
      h("input", { type: "number", id: `filter-${name}`, name, min: "0", max: "1", step: "any", inputMode: "decimal" }));
    this.active = h("ul", { class: "active", "aria-label": t("filters_active") });
    const form = h("form", { class: "filter-form", onsubmit: (event) => { event.preventDefault(); this.#send(); } },
      field("filter-q", t("filter.q"), this.texts.get("q")), field("filter-order", t("filter.order"), this.order),
      field("filter-reason", t("filter.reason"), this.reason), this.reasons,
      ...TEXTS.filter((name) => name !== "q").map((name) => field(`filter-${name}`, t(`filter.${name}`), this.texts.get(name))),
      field("filter-score_min", t("filter.score_min"), this.scores[0]), field("filter-score_max", t("filter.score_max"), this.scores[1]),
      field("filter-newer", t("filter.newer"), this.newer), field("filter-older", t("filter.older"), this.older),
      h("div", { class: "form-acts" }, h("button", { type: "submit", class: "act" }, t("apply")),
        button(t("clear"), () => this.go(bare(this.place)), { class: "quiet" })));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") document.getElementById("card")?.focus();
    });
    for (const one of [this.order, this.newer, this.older]) one.addEventListener("change", () => this.#send());
    this.details = h("details", { class: "filters" }, h("summary", {}, t("filters")), form);
    this.node = h("section", { class: "filter-bar", "aria-label": t("filters") },
      h("nav", { class: "tabs", "aria-label": t("queues") }, h("ul", {}, ...[...this.tabs.values()].map(({ link }) => h("li", {}, link)))),
      this.details, this.active);
  }

  /** The cursor into the search. */
  search() {
    this.details.open = true;
    this.texts.get("q").focus();
    this.texts.get("q").select();
  }

  /** Shows a view's filters; `reasons`: how many comments have each code, or null. */
  show(place, reasons) {
    this.place = place;
    for (const [queue, { link }] of this.tabs) {
      link.href = addressOf({ ...bare(place), queue });
      if (queue === place.queue) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const one of [this.order, this.newer, this.older, this.reason, ...this.texts.values(), ...this.scores]) one.value = place[one.name];
    this.reasons.replaceChildren(...Object.entries(reasons ?? {}).map(([code, count]) => h("option", { value: code }, `${codeName(code)} (${number(count)})`)));
    const set = ["q", "reason", "article", "author", "score_min", "score_max", "tag", "assigned", "newer", "older"].filter((name) => place[name] !== "");
    this.active.hidden = !filtered(place);
    this.active.replaceChildren(...set.map((name) => h("li", {}, t(`filter.${name}`), ": ",
      name === "reason" ? codeName(place[name]) : foreign(place[name]), " ",
      button("×", () => this.go({ ...this.place, [name]: "" }), { class: "quiet", "aria-label": t("remove_filter", { name: `${t(`filter.${name}`)} ${visible(place[name])}` }) }))));
  }

  counts(queues) {
    for (const [queue, { count, link }] of this.tabs) {
      const state = queues[queue];
      count.textContent = number(state.count);
      link.title = state.oldest_seconds === null ? "" : t("oldest", { age: span(state.oldest_seconds) });
    }
  }

  #send() {
    const place = { ...this.place };
    for (const one of [this.order, this.newer, this.older, this.reason, ...this.texts.values(), ...this.scores]) place[one.name] = one.value.trim();
    this.go(place);
  }

  #follow(event, place) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return; // a tab of its own, please
    event.preventDefault();
    this.go(place);
  }
}

const field = (id, label, input) => h("div", { class: "field" }, h("label", { for: id }, label), input);

const choice = (name, options) =>
  h("select", { id: `filter-${name}`, name }, ...options.map(([value, text]) => h("option", { value }, text)));
