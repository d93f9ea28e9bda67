// The queue: a list and one open comment. Decides at once on the page, and tells the service in its own time (outbox.js).

import { call, get, onAuthor, onComment, onSite, serverNow } from "./api.js";
import { Card, codeName } from "./card.js";
import { button, foreign, h, say, visible } from "./elements.js";
import { Filters } from "./filters.js";
import { nameOf } from "./outbox.js";
import { Pile } from "./pile.js";
import { filtered } from "./place.js";
import { away, whenBack } from "./presence.js";
import { age, number, t } from "./words.js";

export const REASONS = { s: "spam", a: "advertising", b: "abusive", h: "harassment", t: "hate_speech", i: "illegal",
  m: "misinformation", o: "off_topic", w: "banned_word", x: "other" };
const WORKING = new Set(["pending", "reported", "escalated"]);
const BEHIND = 2, AHEAD = 8; // comments in hand around the open one
const SETTLE = 500; // ms in which a comment that came by itself is not decided by a key meant for another
const COUNT = 2_000; // ms between counts while much happens
const PAST = "moderation-undo";
const MOST_PAST = 200;

export class Queue {
  constructor({ session, outbox, claims, live, go }) {
    Object.assign(this, { session, outbox, claims, live, go });
    this.reader = session.role === "reader";
    claims.enabled = !this.reader;
    this.pile = new Pile();
    this.selected = new Set();
    this.news = new Map(); // name → what a colleague or the author did meanwhile, as a sentence
    this.changed = new Set(); // whose text the author changed while it was open
    this.past = kept();
    this.failures = [];
    this.newcomers = 0;
    this.cameAt = -Infinity; // when a comment was opened without a hand of the moderator's
    this.shown = null;
    this.rows = new Map();
    this.#build();
    this.pile.addEventListener("change", () => this.#arrived());
    outbox.addEventListener("change", () => this.#status());
    outbox.addEventListener("done", (event) => this.#done(event.detail));
    outbox.addEventListener("failed", (event) => this.#failed(event.detail));
    claims.addEventListener("change", () => this.#held());
    claims.addEventListener("card", (event) => this.#newer(event.detail));
    claims.addEventListener("stale", (event) => void this.#reread(event.detail));
    live.addEventListener("event", (event) => this.#happened(event.detail));
    live.addEventListener("counts", () => { if (!away()) void this.#count(); });
    live.addEventListener("state", () => this.#status());
    whenBack(() => this.#countSoon());
    setInterval(() => this.#ages(), 30_000);
  }

  #build() {
    this.filters = new Filters((place) => this.go(place));
    this.card = new Card({ narrow: (name, value) => this.go({ ...this.place, [name]: value }), ask: (one) => this.#askLink(one) });
    this.list = h("ul", { class: "rows", "aria-labelledby": "list-title" });
    this.listTitle = h("h2", { id: "list-title" }, t("comments"));
    this.fresh = button("", () => this.#takeIn(), { class: "fresh", hidden: true });
    this.bulk = h("div", { class: "bulk" });
    this.chooser = h("div", { class: "chooser", role: "group", "aria-label": t("choose_reason"), hidden: true });
    const acts = [["approve", "f", () => this.decide("approve")], ["reject", "d", () => this.chooseReason()], ["spam", "s", () => this.decide("reject", { reason: "spam" })],
      ["escalate", "e", () => this.escalate()], ["ban", "b", () => void this.ban()], ["note", null, () => this.note()], ["undo", "z", () => this.undo()],
      ["previous", "k", () => this.move(-1)], ["next", "j", () => this.move(1)]];
    this.buttons = new Map(acts.map(([name, key, act]) => [name, button([t(`act.${name}`), key ? h("kbd", { "aria-hidden": "true" }, key) : null].filter(Boolean), act,
      { class: `act ${name}`, "aria-keyshortcuts": key, title: key ? `${t(`act.${name}`)} (${key})` : null })]));
    this.actions = h("div", { class: "actions", role: "group", "aria-label": t("decide") }, ...this.buttons.values());
    this.card.body.addEventListener("scroll", () => { this.scrolled = true; }, { passive: true });
    this.empty = h("div", { class: "empty", hidden: true });
    this.cardBox = h("section", { class: "card", id: "card", tabIndex: -1, hidden: true, "aria-labelledby": "card-title", "aria-describedby": "card-text" },
      this.card.body, h("div", { class: "foot" }, this.chooser, this.actions));
    this.failed = h("section", { class: "failures", "aria-labelledby": "failures-title", hidden: true },
      h("h2", { id: "failures-title" }, t("came_back")), (this.failedList = h("ul", {})));
    this.state = h("p", { class: "state-line", role: "status" });
    this.node = h("div", { class: "queue" }, this.filters.node, this.failed,
      h("div", { class: "columns" },
        h("section", { class: "list", "aria-labelledby": "list-title" }, h("div", { class: "list-head" }, this.listTitle, this.fresh), this.bulk, this.list),
        h("div", { class: "desk" }, this.cardBox, this.empty)));
    for (const name of this.reader ? ["approve", "reject", "spam", "escalate", "ban", "note", "undo"] : []) this.buttons.get(name).disabled = true;
  }

  get keys() {
    return { j: () => this.move(1), k: () => this.move(-1), f: () => this.decide("approve"), s: () => this.decide("reject", { reason: "spam" }),
      d: () => this.chooseReason(), e: () => this.escalate(), b: () => void this.ban(), z: () => this.undo(), x: () => this.select(), "/": () => this.filters.search() };
  }

  // --- a view ---------------------------------------------------------------------------------------

  /** Shows a view: queue and filters. */
  async show(place) {
    const again = this.place;
    this.place = place;
    if (again?.site !== place.site || again?.queue !== place.queue) this.reasons = null;
    this.selected.clear();
    this.news.clear();
    this.changed.clear();
    this.newcomers = 0;
    this.#sayNew();
    this.#closeChooser();
    this.filters.show(place, this.reasons);
    this.listTitle.textContent = t("loading");
    this.readAt = serverNow() + 1_000; // what came before is in the list, or will be when it is read on
    this.showing = true; // what comes now was asked for
    await Promise.all([this.pile.show(place, (name) => this.outbox.has(name)), this.#count(true), this.#reasons()]);
    this.showing = false;
    this.#render();
  }

  hide() {
    this.#closeChooser();
    this.claims.want(this.place?.queue ?? "pending", []);
  }

  async #reasons() {
    if (!this.place.site || this.reasons) return;
    try {
      this.reasons = (await get(onSite(this.place.site, `/queues/${this.place.queue}/reasons`))).reasons;
      this.filters.show(this.place, this.reasons);
    } catch { /* the filter takes a code by hand as well */ }
  }

  async #count(follow = false) {
    const { site } = this.place;
    try {
      const { queues } = await get(site ? onSite(site, "/queues") : "v1/queues");
      if (site !== this.place.site) return;
      this.filters.counts(queues);
      document.title = `(${queues.pending.count}) ${t("title")}`;
      this.counts = queues;
      // From just before the count on; a second or two is told twice, which changes nothing.
      if (follow) this.live.follow(site, `${serverNow() - 2_000}-0`);
    } catch {
      if (follow) this.live.follow(site, `${serverNow() - 5_000}-0`);
    }
    if (!site && this.pile.complete && this.pile.items.length === 0) this.pile.reopen();
  }

  #countSoon() {
    if (away()) return;
    this.counting ??= setTimeout(() => {
      this.counting = null;
      void this.#count();
    }, COUNT);
  }

  // --- what is on the page ---------------------------------------------------------------------------

  #arrived() {
    if (this.shown === null && this.pile.open !== null && !this.showing) this.cameAt = performance.now();
    this.#render();
  }

  #render() {
    this.#rows();
    this.#open();
    this.#bulkBar();
    this.#status();
  }

  #rows() {
    const names = new Set();
    let next = this.list.firstElementChild;
    for (const card of this.pile.items) {
      const name = nameOf(card);
      names.add(name);
      let row = this.rows.get(name);
      if (!row || row.card !== card) {
        const fresh = this.#row(card, name);
        if (row) {
          if (next === row.node) next = fresh.node;
          row.node.replaceWith(fresh.node);
        }
        row = fresh;
        this.rows.set(name, row);
      }
      if (row.node === next) next = next.nextElementSibling;
      else this.list.insertBefore(row.node, next);
    }
    for (const [name, row] of this.rows) {
      if (!names.has(name)) {
        row.node.remove();
        this.rows.delete(name);
      }
    }
    const total = this.pile.items.length;
    this.listTitle.textContent = this.pile.problem && !total ? t("list_failed")
      : this.pile.loading && !total ? t("loading") : t(this.pile.complete ? "listed" : "listed_more", { n: total });
  }

  #row(card, name) {
    const box = h("input", { type: "checkbox", checked: this.selected.has(name), "aria-label": t("select_one", { name: visible(card.author.name ?? t("nameless")) }),
      onchange: () => this.select(name, box.checked) });
    const state = h("span", { class: "row-state" });
    const when = h("span", { class: "row-age" }, age(card.received_at));
    const text = Array.from(card.text.slice(0, 400)).slice(0, 140).join("");
    const open = button([
      h("span", { class: "row-who" }, card.author.name ? foreign(card.author.name) : t("nameless")),
      h("span", { class: "row-text", dir: "auto" }, visible(text)),
      h("span", { class: "row-facts" }, card.scores.spam === undefined ? "" : h("span", {}, number(card.scores.spam)),
        card.reasons[0] ? h("span", {}, codeName(card.reasons[0].code)) : "", when, state),
    ], () => this.openOne(name), { class: "row" });
    const row = { card, box, open, state, when, node: h("li", { "data-name": name }, box, open) };
    this.#rowState(row, name);
    return row;
  }

  #rowState(row, name) {
    const holder = this.claims.holder(name);
    row.state.textContent = this.news.get(name) ?? (holder ? t("held_by", { name: visible(holder) }) : "");
    row.node.classList.toggle("done", this.news.has(name));
  }

  #held() {
    for (const [name, row] of this.rows) this.#rowState(row, name);
    this.#open();
  }

  #ages() {
    for (const row of this.rows.values()) row.when.textContent = age(row.card.received_at);
  }

  #open() {
    const card = this.pile.open;
    const name = card ? nameOf(card) : null;
    this.cardBox.hidden = card === null;
    this.empty.hidden = card !== null;
    if (this.marked) this.marked.removeAttribute("aria-current");
    this.marked = null;
    if (card === null) {
      this.shown = null;
      this.empty.replaceChildren(...this.#nothing());
    } else {
      const row = this.rows.get(name);
      row?.open.setAttribute("aria-current", "true");
      this.marked = row?.open ?? null;
      const state = `${name} ${this.claims.holder(name)} ${this.news.get(name)}`;
      if (this.shown?.card !== card || this.shown.state !== state) {
        if (this.shown?.name !== name && this.scrolled) {
          this.scrolled = false;
          this.card.body.scrollTop = 0; // only then: to ask or set it costs a layout
        }
        this.card.show(card, this.claims.holder(name), this.news.get(name) ?? (this.changed.has(name) ? t("text_changed") : null));
        this.shown = { name, card, state };
      }
    }
    this.buttons.get("undo").disabled = this.reader || this.past.length === 0;
    this.#claim();
  }

  #claim() {
    if (!this.place || !WORKING.has(this.place.queue)) return this.claims.want(this.place?.queue ?? "pending", []);
    const { at, items } = this.pile;
    this.claims.want(this.place.queue, items.slice(Math.max(0, at - BEHIND), at + AHEAD).filter((card) => !this.news.has(nameOf(card)) && !this.outbox.has(nameOf(card))));
  }

  #nothing() {
    if (this.pile.problem) return [h("p", {}, this.pile.problem.message || t("no_answer")), button(t("again"), () => void this.pile.more())];
    if (this.pile.loading || !this.pile.complete) return [h("p", {}, t("loading"))];
    return [h("p", {}, t("queue_empty"))];
  }

  #status() {
    const parts = [];
    if (this.outbox.size) parts.push(t(this.outbox.troubled ? "waiting_for_network" : "under_way", { n: this.outbox.size }));
    if (this.place?.site && this.live.state === "lost") parts.push(t("live_lost"));
    const text = parts.join(" ");
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.classList.toggle("trouble", this.outbox.troubled || this.live.state === "lost");
  }

  #focus() {
    if (document.activeElement?.closest(".actions")) return; // who works by buttons stays on them
    this.cardBox.focus({ preventScroll: true });
  }

  #bringIntoView() {
    if (this.marked && matchMedia("(min-width: 60rem)").matches) this.marked.scrollIntoView({ block: "nearest" });
  }

  // --- moving ----------------------------------------------------------------------------------------

  move(step) {
    if (!this.pile.move(step)) return say(t(step > 0 ? "at_end" : "at_start"));
    this.#moved();
  }

  openOne(name) {
    this.pile.openAt(name);
    this.#moved();
  }

  #moved() {
    this.cameAt = -Infinity;
    this.#closeChooser();
    this.#open();
    this.#bringIntoView();
    this.#focus();
    this.#sayOpen();
  }

  #sayOpen(before = "") {
    const card = this.pile.open;
    const next = card ? t("open_now", { name: visible(card.author.name ?? t("nameless")), text: visible(card.text.slice(0, 200)) }) : t("queue_empty");
    say(`${before} ${next}`.trim());
  }

  // --- deciding --------------------------------------------------------------------------------------

  #mayDecide() {
    const card = this.pile.open;
    if (card === null || this.reader) {
      if (this.reader) say(t("read_only"), true);
      return null;
    }
    if (performance.now() - this.cameAt < SETTLE) return null; // it was not on the page when the key went down
    const holder = this.claims.holder(nameOf(card));
    if (holder !== null) {
      say(t("held_by", { name: visible(holder) }), true);
      return null;
    }
    if (this.outbox.full) {
      say(t("outbox_full"), true);
      return null;
    }
    return card;
  }

  /** Decides the open comment and opens the next. */
  decide(verb, body = {}) {
    const card = this.#mayDecide();
    if (card === null) return;
    this.#closeChooser();
    const name = nameOf(card);
    // On the text that was read: what the author changes meanwhile comes back instead of being waved through.
    const entry = this.outbox.send(card, verb, ["approve", "reject"].includes(verb) ? { ...body, revision: card.revision } : body);
    this.#leave(name);
    this.#remember({ kind: "decision", name, site: card.site, id: card.id, verb, card, entry });
    this.#render();
    this.#bringIntoView();
    this.#focus();
    this.#sayOpen(t(`did.${verb}`, { reason: body.reason ? t(`reason.${body.reason}`) : "" }));
  }

  #leave(name) {
    this.pile.remove(name);
    this.claims.decided(name);
    this.selected.delete(name);
    this.news.delete(name);
    this.card.forget(name);
    // Go on with what nobody has in hand, if there is such a one.
    const open = this.pile.open;
    const away = (card) => this.claims.holder(nameOf(card)) !== null || this.news.has(nameOf(card));
    if (open && away(open)) this.pile.move(1, away);
  }

  chooseReason() {
    if (this.#mayDecide() === null) return;
    const choose = (letter) => {
      if (!(letter in REASONS)) return false;
      this.decide("reject", { reason: REASONS[letter] });
      return true;
    };
    this.chooser.replaceChildren(h("p", {}, t("choose_reason")), ...Object.entries(REASONS).map(([letter, reason]) =>
      button([t(`reason.${reason}`), h("kbd", { "aria-hidden": "true" }, letter)], () => choose(letter), { class: "act" })),
    button(t("cancel"), () => this.#cancelChooser(), { class: "quiet" }));
    this.chooser.hidden = false;
    this.keyboard.await(choose, () => this.#cancelChooser());
    this.chooser.querySelector("button").focus();
  }

  escalate() {
    const card = this.#mayDecide();
    if (card === null) return;
    if (card.escalation) return this.decide("deescalate");
    this.#write(t("escalate_why"), 500, (reason) => this.decide("escalate", { reason }));
  }

  note() {
    const card = this.pile.open;
    if (card === null || this.reader) return;
    this.#write(t("note_text"), 2000, async (text) => {
      this.#closeChooser();
      this.#focus();
      try {
        this.#newer(await call("POST", onComment(card.site, card.id, "/notes"), { body: { text } }));
        say(t("noted"));
      } catch (problem) {
        this.#complain(t("note_failed", { why: problem.message || t("no_answer") }), [[t("again"), () => { this.openOne(nameOf(card)); this.note(); }]]);
      }
    });
  }

  /** A line to write in the place where reasons are chosen. */
  #write(label, most, send) {
    const input = h("input", { type: "text", maxLength: most, required: true, id: "write-line", autocomplete: "off" });
    const form = h("form", { class: "line", onsubmit: (event) => { event.preventDefault(); if (input.value.trim()) send(input.value.trim()); } },
      h("label", { for: "write-line" }, label), input, h("button", { type: "submit", class: "act" }, t("send")),
      button(t("cancel"), () => this.#cancelChooser(), { class: "quiet" }));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#cancelChooser(); });
    this.chooser.replaceChildren(form);
    this.chooser.hidden = false;
    input.focus();
  }

  #cancelChooser() {
    this.#closeChooser();
    this.cardBox.focus({ preventScroll: true });
  }

  #closeChooser() {
    this.keyboard?.clear();
    this.chooser.hidden = true;
    this.chooser.replaceChildren();
  }

  async ban() {
    const card = this.#mayDecide();
    if (card === null) return;
    if (!card.author.ref) return say(t("unknown_author"), true);
    const { banDialog } = await import("./dialogs.js");
    const done = await banDialog(card);
    if (!done) return this.#focus();
    const { site } = card, { ref } = card.author;
    try {
      const before = await get(onAuthor(site, ref));
      const found = await call("PUT", onAuthor(site, ref, "/standing"), { body: done });
      this.#remember({ kind: "ban", site, ref, standing: before.given_by && ["trusted", "suspended", "banned"].includes(before.standing) ? before.standing : null,
        until: before.until, batch: found.batch_id });
      if (done.reject_pending) {
        for (const one of this.pile.items.filter((other) => other.site === site && other.author.ref === ref)) this.#leave(nameOf(one));
      }
      this.card.forget(nameOf(card));
      this.shown = null;
      this.#render();
      this.#focus();
      this.#sayOpen(t("did.ban"));
      this.#countSoon();
    } catch (problem) {
      this.#complain(t("ban_failed", { why: problem.message || t("no_answer") }), []);
    }
  }

  /** Takes the last act back. */
  undo() {
    if (this.reader) return;
    const act = this.past.pop();
    if (!act) return say(t("nothing_to_undo"));
    keep(this.past);
    if (act.kind !== "decision") return void this.#undoMany(act);
    this.#closeChooser();
    const back = act.verb === "escalate" ? "deescalate" : act.verb === "deescalate" ? null : "undo";
    if (!(act.entry && this.outbox.cancel(act.entry))) {
      if (back === null) return say(t("nothing_to_undo"));
      this.outbox.send(act.card ?? { site: act.site, id: act.id }, back, {});
    }
    if (act.card) this.#bringBack(act.card);
    this.#sayOpen(t("did.undo"));
  }

  #bringBack(card) {
    this.pile.insert(card, true);
    this.#render();
    this.#bringIntoView();
    this.#focus();
  }

  async #undoMany(act) {
    try {
      let left = 0;
      if (act.kind === "ban") await call("PUT", onAuthor(act.site, act.ref, "/standing"), { body: { standing: act.standing, ...(act.until ? { until: act.until } : {}) } });
      const batches = act.kind === "ban" ? [act.batch].filter(Boolean) : act.batches;
      for (const batch of batches) {
        const found = await call("POST", onSite(act.site, `/batches/${encodeURIComponent(batch)}/undo`), { body: {} });
        left += found.items.filter((one) => one.status_code !== 200).length;
      }
      say(left ? t("undone_but", { n: left }) : t("did.undo"), left > 0);
      await this.show(this.place);
    } catch (problem) {
      this.#remember(act);
      this.#complain(t("undo_failed", { why: problem.message || t("no_answer") }), [[t("again"), () => this.undo()]]);
    }
  }

  #remember(act) {
    this.past.push(act);
    if (this.past.length > MOST_PAST) this.past.shift();
    keep(this.past);
  }

  // --- what the service says -------------------------------------------------------------------------

  #done({ entry, card }) {
    if (["undo", "deescalate"].includes(entry.verb)) {
      if (this.pile.find(entry.name)) this.#newer(card);
      else if (!entry.card && entry.verb === "undo") this.#bringBack(card); // decided before a reload
      this.#claim(); // it waits again, and can be taken in hand
    }
    this.#countSoon();
  }

  #failed({ entry, problem }) {
    this.past = this.past.filter((act) => act.entry !== entry);
    keep(this.past);
    this.#countSoon();
    const text = entry.card ? visible(Array.from(entry.card.text).slice(0, 80).join("")) : entry.id;
    const standing = problem.document.decision;
    const why = standing ? t("decided_by", { name: visible(standing.by), status: t(`status.${standing.status}`) }) : problem.message || t("no_answer");
    const choices = [[t("open_again"), () => void this.#openAgain(entry)]];
    if (standing && ["approve", "reject"].includes(entry.verb)) {
      choices.push([t("override"), () => this.outbox.send(entry.card ?? entry, entry.verb, { ...entry.body, override: true })]);
    }
    this.#complain(t("refused", { act: t(`did.${entry.verb}`, { reason: entry.body.reason ? t(`reason.${entry.body.reason}`) : "" }), text, why }), choices);
  }

  async #openAgain(entry) {
    try {
      this.#bringBack(await get(onComment(entry.site, entry.id)));
    } catch (problem) {
      if (entry.card && problem.passing) this.#bringBack(entry.card);
      else say(problem.message, true);
    }
  }

  /** A failure stays on the page until somebody has dealt with it. */
  #complain(sentence, choices) {
    const item = h("li", {}, h("span", {}, sentence), " ");
    const away = () => {
      item.remove();
      this.failed.hidden = this.failedList.children.length === 0;
    };
    for (const [text, act] of choices) item.append(button(text, () => { away(); act(); }), " ");
    item.append(button(t("dismiss"), () => { away(); this.#focus(); }, { class: "quiet" }));
    this.failedList.append(item);
    this.failed.hidden = false;
    say(sentence, true);
  }

  #newer(card) {
    const name = nameOf(card);
    const before = this.pile.find(name);
    if (!before || this.outbox.has(name)) return;
    if (JSON.stringify(before) === JSON.stringify({ ...card, claim: before.claim })) return;
    this.pile.replace(card);
    if (card.revision > before.revision && card.text !== before.text) {
      this.card.forget(name);
      if (this.shown?.name === name) {
        this.changed.add(name);
        this.cameAt = performance.now();
        say(t("text_changed"), true);
      }
    }
    this.#rows();
    this.#open();
  }

  async #reread({ site, id }) {
    const name = `${site}/${id}`;
    if (!this.pile.find(name)) return;
    try {
      const card = await get(onComment(site, id));
      if (card.queue !== this.place.queue && card.status !== this.place.queue) this.#meanwhile(name, card.decision?.by, card.status);
      else {
        if (this.news.delete(name)) this.#held(); // it was decided, and that was taken back
        this.#newer(card);
      }
    } catch (problem) {
      if (problem.status === 404 || problem.status === 410) this.#meanwhile(name, null, "gone");
    }
  }

  #meanwhile(name, by, status) {
    if (!this.pile.find(name) || this.outbox.has(name)) return;
    this.news.set(name, status === "gone" ? t("gone") : t("decided_by", { name: visible(by ?? "?"), status: t(`status.${status}`) }));
    const row = this.rows.get(name);
    if (row) this.#rowState(row, name);
    if (this.shown?.name === name) {
      this.#open();
      say(this.news.get(name), true);
    }
  }

  #happened({ type, data, timestamp }) {
    this.#countSoon();
    const name = `${data.site}/${data.comment_id}`;
    const here = this.pile.find(name);
    if (type === "comment.erased" || type === "comment.expired") this.#meanwhile(name, null, "gone");
    else if (["comment.approved", "comment.rejected"].includes(type) && here && data.by !== this.session.name) this.#meanwhile(name, data.by, data.status);
    else if (here) {
      if (["comment.edited", "comment.pending", "comment.undone", "comment.reported"].includes(type) && !this.outbox.has(name)) void this.#reread({ site: data.site, id: data.comment_id });
    } else if (type === `comment.${this.place.queue}` && data.by !== this.session.name && Date.parse(timestamp) >= this.readAt) {
      this.newcomers += 1;
      if (this.pile.items.length === 0) this.#takeIn();
      else this.#sayNew();
    }
  }

  #sayNew() {
    this.fresh.hidden = this.newcomers === 0;
    this.fresh.textContent = filtered(this.place) ? t("look_again") : t("newcomers", { n: this.newcomers });
  }

  /** Newcomers join the end of the list; nothing that is there moves. */
  #takeIn() {
    this.newcomers = 0;
    this.#sayNew();
    this.pile.complete = false;
    void this.pile.more();
  }

  // --- many at once ----------------------------------------------------------------------------------

  select(name = this.shown?.name, on = !this.selected.has(name)) {
    if (!name) return;
    if (on) this.selected.add(name);
    else this.selected.delete(name);
    const row = this.rows.get(name);
    if (row) row.box.checked = on;
    this.#bulkBar();
    say(t("selected", { n: this.selected.size }));
  }

  #bulkBar() {
    if (this.reader) return;
    const state = `${this.selected.size} ${this.place?.site} ${this.pile.items.length > 0}`;
    if (state === this.bulkState) return;
    this.bulkState = state;
    this.bulk.replaceChildren(
      this.selected.size ? button(t("decide_selected", { n: this.selected.size }), () => void this.many(true)) : "",
      this.selected.size ? button(t("unselect"), () => { for (const one of [...this.selected]) this.select(one, false); }, { class: "quiet" }) : "",
      this.place?.site && this.pile.items.length ? button(t("decide_all"), () => void this.many(false), { class: "quiet" }) : "");
  }

  /** Decides the selected ones, or all that the filter admits: counted first, undone as a whole. */
  async many(byHand) {
    const { bulkDialog } = await import("./dialogs.js");
    const cards = byHand ? this.pile.items.filter((card) => this.selected.has(nameOf(card))) : null;
    const done = await bulkDialog(this.place, cards);
    this.#focus();
    if (!done) return;
    for (const [site, batches] of done.batches) if (batches.length) this.#remember({ kind: "bulk", site, batches });
    const sentence = t("bulk_done", { n: done.decided }) + (done.refused ? ` ${t("bulk_refused", { n: done.refused })}` : "");
    this.#complain(done.problem ? `${sentence} ${done.problem}` : sentence, done.decided ? [[t("undo_whole"), () => this.undo()]] : []);
    await this.show(this.place);
  }

  async #askLink(address) {
    const { linkDialog } = await import("./dialogs.js");
    await linkDialog(address);
  }
}

function keep(past) {
  const plain = past.map(({ card, entry, ...rest }) => rest);
  try {
    sessionStorage.setItem(PAST, JSON.stringify(plain));
  } catch { /* then undo ends with a reload */ }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(PAST) ?? "[]");
  } catch {
    return [];
  }
}
