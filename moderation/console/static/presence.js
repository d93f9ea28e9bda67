// Whether somebody is there. A page that nobody touches renews no claim and asks for no counts: what it holds goes back to
// colleagues, and its session ends in its time.

const GONE = 10 * 60_000; // ms without a touch

let touched = Date.now();
const listeners = [];

for (const type of ["keydown", "pointerdown", "wheel", "touchstart"]) addEventListener(type, touch, { capture: true, passive: true });

function touch() {
  const back = away();
  touched = Date.now();
  if (back) for (const listener of listeners) listener();
}

export const away = () => Date.now() - touched > GONE;

/** Calls `listener` when somebody comes back. */
export function whenBack(listener) {
  listeners.push(listener);
}
