// What happens meanwhile: a site's events as a stream, or, over several sites, the counts asked for again and again.
// A stream that falls silent is taken for lost; it comes back by itself and goes on where it was.

import { stream } from "./api.js";

const SILENCE = 40_000; // ms; the service says something every 15 seconds
const AGAIN = [1_000, 2_000, 5_000, 10_000]; // ms between tries
const POLL = 10_000; // ms, over several sites

export class Live extends EventTarget {
  #site = null;
  #after = null;
  #abort = null;
  #round = 0;
  #state = "connecting";

  constructor() {
    super();
    // A tab in the background gives its connection back: a browser has six for a host, and moderators have many tabs.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#end() : this.#begin()));
    addEventListener("online", () => this.#begin());
  }

  get state() {
    return this.#state;
  }

  /** Follows a site ('' for all of them) from `after` on. */
  follow(site, after) {
    if (site === this.#site) return;
    this.#site = site;
    this.#after = after;
    this.#begin();
  }

  stop() {
    this.#site = null;
    this.#end();
  }

  #end() {
    this.#round += 1;
    this.#abort?.abort();
    this.#abort = null;
  }

  #begin() {
    this.#end();
    if (this.#site === null) return;
    void (this.#site === "" ? this.#poll(this.#round) : this.#listen(this.#round));
  }

  async #poll(round) {
    while (round === this.#round) {
      this.dispatchEvent(new CustomEvent("counts"));
      await pause(POLL);
    }
  }

  async #listen(round) {
    for (let failures = 0; round === this.#round; ) {
      const abort = (this.#abort = new AbortController());
      let watch = null;
      const alive = () => {
        clearTimeout(watch);
        watch = setTimeout(() => abort.abort(), SILENCE);
      };
      try {
        alive();
        const answer = await stream(this.#site, this.#after, abort.signal);
        if (!answer.ok) throw new Error(String(answer.status));
        this.#become("live");
        if (failures > 0) this.dispatchEvent(new CustomEvent("counts"));
        failures = 0;
        await this.#read(answer.body, alive);
      } catch { /* below */ } finally {
        clearTimeout(watch);
      }
      if (round !== this.#round) return;
      failures += 1;
      this.#become("lost");
      await pause(AGAIN[Math.min(failures - 1, AGAIN.length - 1)]);
    }
  }

  async #read(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
        if (!data) continue;
        const event = JSON.parse(data);
        this.#after = event.id;
        this.dispatchEvent(new CustomEvent("event", { detail: event }));
      }
    }
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state"));
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
