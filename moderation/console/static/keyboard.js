// Single keys, as moderators know them from Coral. They can be switched off: who dictates or uses a switch presses keys by chance.

const OFF = "moderation-keys-off";

export class Keyboard {
  #actions;
  #mode = null; // a letter is awaited: {choose(letter) → bool, cancel()}

  constructor(actions) {
    this.#actions = actions;
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get off() {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  }

  set off(value) {
    try {
      localStorage.setItem(OFF, value ? "1" : "0");
    } catch { /* for this page only, then */ }
  }

  /** The next letter is for `choose`; Escape ends that. */
  await(choose, cancel) {
    this.#mode = { choose, cancel };
  }

  clear() {
    this.#mode = null;
  }

  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open]")) return;
    if (this.#mode !== null) {
      if (event.key === "Escape") {
        event.preventDefault();
        const { cancel } = this.#mode;
        this.#mode = null;
        cancel();
        return;
      }
      if (this.off || event.repeat) return;
      const letter = letterOf(event);
      if (letter && this.#mode.choose(letter)) event.preventDefault();
      return;
    }
    if (this.off) return;
    const name = letterOf(event);
    const action = this.#actions[name];
    if (!action) return;
    // A key that is held down moves on, but never decides.
    if (event.repeat && name !== "j" && name !== "k") return;
    event.preventDefault();
    action();
  }
}

/** The Latin letter of a key, on a keyboard of any script. */
function letterOf(event) {
  if (event.key.length === 1 && event.key.charCodeAt(0) < 128) return event.key.toLowerCase();
  const found = /^Key([A-Z])$/.exec(event.code);
  return found ? found[1].toLowerCase() : null;
}
