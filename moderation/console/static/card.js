// The open comment: what it says, why it is here, who wrote it, what stands around it. Strangers' words are text, always.

import { get, onAuthor, onComment } from "./api.js";
import { button, foreign, h, svg, visible } from "./elements.js";
import { nameOf } from "./outbox.js";
import { addressesIn, openable, rendered } from "./text.js";
import { age, has, moment, number, percent, t } from "./words.js";

const REST = 150; // ms on a comment before its surroundings are asked for: flying past asks nothing
const REMEMBERED = 60; // comments whose surroundings are kept

export const codeName = (code) => (has(`code.${code}`) ? t(`code.${code}`) : code.replace(/_/g, " "));

export class Card {
  #around = new Map(); // name → {author, thread}
  #timer = null;
  #name = null;

  constructor({ narrow, ask }) {
    this.narrow = narrow; // (filter, value): look at this article or author alone
    this.ask = ask; // (address): a deliberate step before a link is followed
    this.title = h("h2", { id: "card-title" });
    this.facts = h("p", { class: "facts" });
    this.notice = h("p", { class: "notice", hidden: true });
    this.text = h("div", { class: "text", dir: "auto", id: "card-text" });
    this.links = h("div", {});
    this.why = h("ul", { class: "why" });
    this.because = h("p", { class: "because" });
    this.score = h("div", { class: "score" });
    this.author = h("section", { class: "author", "aria-labelledby": "author-title" });
    this.thread = h("section", { class: "thread", "aria-labelledby": "thread-title" });
    this.kept = h("section", { class: "kept", "aria-labelledby": "kept-title" });
    this.body = h("div", { class: "card-body" },
      this.title, this.facts, this.notice, this.text, this.links,
      h("h3", {}, t("why")), this.because, this.why, this.score, this.author, this.thread, this.kept);
  }

  /** Shows a comment; `held` is who else has it in hand. */
  show(card, held, changed) {
    const name = nameOf(card);
    const same = this.#name === name;
    this.#name = name;
    this.title.replaceChildren(card.author.name ? foreign(card.author.name) : t("nameless"));
    this.facts.replaceChildren(...this.#facts(card));
    this.#notice(card, held, changed);
    this.text.replaceChildren(...rendered(card, t("unseen_character")));
    if (!card.text) this.text.replaceChildren(h("em", {}, t("no_text")));
    this.links.replaceChildren(...this.#links(card));
    this.why.replaceChildren(...card.reasons.map((reason, index) => h("li", {},
      reason.spans?.length ? h("span", { class: `number m${index % 6}`, "aria-hidden": "true" }, String(index + 1)) : null,
      h("span", { lang: "en" }, foreign(reason.text)))));
    const because = card.decision?.because ?? (card.reasons.length ? null : t("no_reason"));
    this.because.hidden = !because || card.reasons.some((reason) => reason.text === because);
    this.because.replaceChildren(because ? foreign(because) : "");
    this.score.replaceChildren(...bar(card.scores.spam));
    this.kept.replaceChildren(...this.#kept(card));
    if (!same) {
      this.author.replaceChildren(h("h3", { id: "author-title" }, t("author")), h("p", {}, this.#authorLine(card)));
      this.thread.replaceChildren(h("h3", { id: "thread-title" }, t("around")));
      this.#surround(card);
    }
  }

  forget(name) {
    this.#around.delete(name);
  }

  #facts(card) {
    const parts = [
      h("span", {}, h("time", { datetime: card.received_at, title: moment(card.received_at) }, t("waits", { age: age(card.received_at) }))),
      h("span", {}, card.article.title || card.article.id
        ? [t("on_article"), " ", foreign(card.article.title ?? card.article.id), " ",
          card.article.id ? button(t("only_article"), () => this.narrow("article", card.article.id), { class: "quiet" }) : null]
        : t("no_article")),
    ];
    if (card.reports) parts.push(h("span", { class: "flag" }, t("reports", { n: card.reports })));
    if (card.parent_id) parts.push(h("span", {}, t("a_reply")));
    if (card.assigned) parts.push(h("span", {}, t("assigned_to", { name: visible(card.assigned) })));
    if (card.status !== "pending") parts.push(h("span", {}, t(`status.${card.status}`)));
    parts.push(h("span", { class: "site" }, card.site));
    return parts;
  }

  #notice(card, held, changed) {
    const text = changed ?? (held ? t("held_by", { name: visible(held) })
      : card.escalation ? t("escalated_by", { name: visible(card.escalation.by), reason: visible(card.escalation.reason) }) : null);
    this.notice.hidden = text === null;
    this.notice.textContent = text ?? "";
  }

  #links(card) {
    const found = [...new Set(addressesIn(card.text).map((one) => one.address))].slice(0, 20);
    const named = [["author_link", card.author.url], ["article_link", card.article.url]].filter(([, one]) => one);
    if (!found.length && !named.length) return [];
    return [h("details", { class: "links" }, h("summary", {}, t("addresses", { n: found.length + named.length })),
      h("ul", {}, ...found.map((one) => this.#link(one, null)), ...named.map(([label, one]) => this.#link(one, t(label)))))];
  }

  #link(address, label) {
    return h("li", {}, label ? `${label}: ` : null, h("bdi", { class: "address", dir: "ltr" }, visible(address)), " ",
      openable(address) ? button(t("open_address"), () => this.ask(address), { class: "quiet" }) : h("em", {}, t("not_openable")));
  }

  #authorLine(card) {
    const ref = card.author.ref;
    return [card.author.name ? foreign(card.author.name) : t("nameless"), " ",
      ref ? h("bdi", { class: "ref" }, visible(ref)) : t("unknown_author"), " ",
      ref ? button(t("only_author"), () => this.narrow("author", ref), { class: "quiet" }) : null];
  }

  #kept(card) {
    const parts = [h("h3", { id: "kept-title" }, t("kept_by_colleagues"))];
    if (card.tags.length) parts.push(h("p", {}, t("tags"), ": ", ...card.tags.map((tag) => h("span", { class: "tag" }, foreign(tag)))));
    parts.push(...notes(card.notes));
    parts.push(h("details", {}, h("summary", {}, t("history")),
      h("ol", {}, ...card.history.map((one) => h("li", {}, moment(one.at), " – ", t(`history.${one.what}`), " ",
        foreign([one.status ? t(`status.${one.status}`) : "", one.by ?? "", one.reason ?? "", one.note ?? ""].filter(Boolean).join(", "))))),
      h("dl", { class: "plain" },
        h("dt", {}, t("id")), h("dd", {}, foreign(card.id)),
        card.lang ? [h("dt", {}, t("language_of_text")), h("dd", {}, foreign(card.lang))] : null,
        card.author.user_agent ? [h("dt", {}, t("user_agent")), h("dd", {}, foreign(card.author.user_agent))] : null,
        ...Object.entries(card.metadata ?? {}).map(([key, value]) =>
          [h("dt", {}, foreign(key)), h("dd", {}, foreign(typeof value === "string" ? value : JSON.stringify(value)))]))));
    return parts;
  }

  #surround(card) {
    clearTimeout(this.#timer);
    const name = nameOf(card);
    const known = this.#around.get(name);
    if (known) this.#showAround(card, known);
    else this.#timer = setTimeout(() => void this.#ask(card), REST);
  }

  async #ask(card) {
    const name = nameOf(card);
    const [author, thread] = await Promise.all([
      card.author.ref ? get(onAuthor(card.site, card.author.ref)).catch(() => null) : null,
      get(onComment(card.site, card.id, "/thread"), { limit: 5 }).catch(() => null),
    ]);
    if (this.#around.size >= REMEMBERED) this.#around.delete(this.#around.keys().next().value);
    this.#around.set(name, { author, thread });
    if (this.#name === name) this.#showAround(card, { author, thread });
  }

  #showAround(card, { author, thread }) {
    const head = [h("h3", { id: "author-title" }, t("author")), h("p", {}, this.#authorLine(card))];
    if (author) {
      const counts = author.counts;
      head.push(h("p", { class: "record" },
        h("strong", { class: `standing ${author.standing}` }, t(`standing.${author.standing}`)), " ",
        t("record", { approved: counts.approved ?? 0, rejected: counts.rejected ?? 0, pending: counts.pending ?? 0 }), " ",
        author.rejection_rate === null ? "" : t("rate", { rate: percent(author.rejection_rate) }), " ",
        author.first_seen ? t("first_seen", { age: age(author.first_seen) }) : ""), ...notes(author.notes));
    }
    this.author.replaceChildren(...head);
    const alike = new Set(card.reasons.filter((one) => one.code.startsWith("repeated")).map((one) => one.text));
    const around = [h("h3", { id: "thread-title" }, t("around"))];
    if (thread) {
      if (thread.parent) around.push(h("h4", {}, t("answers_to")), h("ul", {}, excerpt(thread.parent)));
      for (const [label, cards] of [["replies", thread.replies], ["siblings", thread.siblings], ["by_author", thread.by_author], ["look_alikes", thread.look_alikes]]) {
        if (cards.length) around.push(h("h4", {}, t(label)), h("ul", { class: "excerpts" }, ...cards.map(excerpt)));
      }
    }
    for (const sentence of alike) around.push(h("p", {}, foreign(sentence)));
    if (around.length === 1) around.push(h("p", {}, thread ? t("nothing_around") : t("around_failed")));
    this.thread.replaceChildren(...around);
  }
}

const notes = (list) => (list.length
  ? [h("ul", { class: "notes" }, ...list.map((note) => h("li", {}, foreign(note.by), `, ${moment(note.at)}: `, foreign(note.text))))] : []);

const excerpt = (card) => h("li", {}, h("span", { class: `state ${card.status}` }, t(`status.${card.status}`)), " ",
  card.author.name ? [h("strong", {}, foreign(card.author.name)), ": "] : null,
  h("bdi", {}, visible(card.text.length > 280 ? `${Array.from(card.text).slice(0, 280).join("")}…` : card.text)));

function bar(score) {
  if (score === undefined || score === null) return [h("p", {}, t("no_score"))];
  return [h("p", { id: "score-label" }, t("score", { score: number(score) })),
    svg("svg", { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: "track", width: 100, height: 6 }), svg("rect", { class: "level", width: Math.round(score * 1000) / 10, height: 6 }))];
}
