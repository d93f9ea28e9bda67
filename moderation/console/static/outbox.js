// What was decided and is on its way to the service. Nothing is lost: what fails in passing is sent again under the same
// Idempotency-Key, what is refused comes back as an event, and a reload goes on with what was under way.

import { call, onComment, operationKey } from "./api.js";

const AT_ONCE = 4; // connections; a browser has six for a host, and the event stream takes one
const MOST = 100; // decisions on their way: more than that and the moderator should wait for the network
const AFTER_PAINT = 20; // ms: the next comment first, then the network
const TRIES = 4; // after a fault of the service itself
const KEPT = "moderation-outbox";

export const nameOf = (card) => `${card.site}/${card.id}`;

export class Outbox extends EventTarget {
  #waiting = [];
  #running = new Map(); // comment → entry
  #pause = 0; // ms until the next try, doubled by each failure
  #timer = null;
  #stopped = false;

  constructor() {
    super();
    this.#waiting = kept();
  }

  /** How many are on their way. */
  get size() {
    return this.#waiting.length + this.#running.size;
  }

  get full() {
    return this.size >= MOST;
  }

  /** Whether the last try found no service. */
  get troubled() {
    return this.#pause > 0;
  }

  /** Whether something about the comment is on its way. */
  has(name) {
    return this.#running.has(name) || this.#waiting.some((one) => one.name === name);
  }

  /** Sends `verb` (approve, reject, undo, escalate, deescalate) on a card; returns the entry. */
  send(card, verb, body = {}) {
    const entry = { name: nameOf(card), site: card.site, id: card.id, verb, body, key: operationKey(), tries: 0, card: "text" in card ? card : null };
    this.#waiting.push(entry);
    this.#changed();
    setTimeout(() => this.#pump(), AFTER_PAINT);
    return entry;
  }

  /** Takes back an entry that was not sent yet; false if it was. */
  cancel(entry) {
    const index = this.#waiting.indexOf(entry);
    if (index < 0 || entry.tries > 0) return false; // tried without an answer: it may have arrived
    this.#waiting.splice(index, 1);
    this.#changed();
    return true;
  }

  /** Begins, or goes on after a new sign-in. */
  resume() {
    this.#stopped = false;
    this.#pause = 0;
    this.#pump();
  }

  #pump() {
    if (this.#stopped || this.#timer !== null) return;
    for (const entry of [...this.#waiting]) {
      if (this.#running.size >= AT_ONCE) return;
      if (this.#running.has(entry.name)) continue; // one after the other on one comment
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      this.#running.set(entry.name, entry);
      void this.#run(entry);
    }
  }

  async #run(entry) {
    let answer = null, problem = null;
    try {
      entry.tries += 1;
      answer = await call("POST", onComment(entry.site, entry.id, `/${entry.verb}`), { body: entry.body, key: entry.key });
    } catch (failure) {
      problem = failure;
    }
    this.#running.delete(entry.name);
    if (problem === null) {
      this.#pause = 0;
      this.#tell("done", { entry, card: answer });
    } else if (problem.status === 401) {
      this.#stopped = true; // the page asks to sign in; then it goes on
      this.#waiting.unshift(entry);
    } else if (problem.passing && (problem.status !== 500 || entry.tries < TRIES)) {
      this.#waiting.unshift(entry);
      this.#pause = Math.min(15_000, Math.max(500, this.#pause * 2));
      this.#later(Math.max(this.#pause, (problem.retryAfter ?? 0) * 1000));
    } else {
      // What was to follow on the same comment has lost its ground.
      this.#waiting = this.#waiting.filter((one) => one.name !== entry.name);
      this.#tell("failed", { entry, problem });
    }
    this.#changed();
    this.#pump();
  }

  #later(ms) {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pump();
    }, ms);
  }

  #changed() {
    keep([...this.#running.values(), ...this.#waiting]);
    this.#tell("change", {});
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function keep(entries) {
  const plain = entries.map(({ name, site, id, verb, body, key, tries }) => ({ name, site, id, verb, body, key, tries }));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(plain));
  } catch { /* then a reload asks first: see main.js */ }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}
