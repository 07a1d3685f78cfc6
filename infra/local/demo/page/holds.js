/** What the visitor of this tab holds, and how long they still have to pay for it. */

import { element, find } from "./dom.js";
import { words } from "./words.js";

/** @typedef {import("./demo.js").VirtualClass} VirtualClass */

// Another tab is another visitor; coming back from Mercado Pago is not.
const KEPT = "holds";
const SPOKEN_SECONDS = [600, 300, 120, 60, 30, 10];

/** @type {Set<string>} */
const ids = new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));

/** @param {string} id */
export const remember = (id) => keep(ids.add(id));

/** @param {string} id */
export const forget = (id) => ids.delete(id) && keep(ids);

/** @param {Set<string>} own */
const keep = (own) => sessionStorage.setItem(KEPT, JSON.stringify([...own]));

/**
 * Whether this visitor asked for it, whatever became of it since.
 * @param {VirtualClass} of
 */
export const isOwn = (of) => ids.has(of.id);

/**
 * Whether it is held, or was, and has not been paid for.
 * @param {VirtualClass} of
 */
export const isUnpaid = (of) => of.heldUntil !== null && !of.isPaid;

/** How long there is to pay for it. @param {VirtualClass} of @param {number} now by the school's clock */
export const secondsLeft = (of, now) => (Date.parse(of.heldUntil ?? "") - now) / 1000;

/** Counts down to the end of the hold; `tick` keeps it going. @param {VirtualClass} of @param {number} now */
export function countdown(of, now) {
  const timer = element("b", { role: "timer" }, clock(secondsLeft(of, now)));
  return element("p", {}, words.holds.left, " ", timer);
}

/**
 * Shows how long there is to pay for each hold, and says so at times: a countdown that is spoken
 * every second is of no use.
 * @param {VirtualClass[]} unpaid
 * @param {number} now
 */
export function tick(unpaid, now) {
  for (const of of unpaid) {
    const timer = document.getElementById(of.id)?.querySelector("[role=timer]");
    if (timer) timer.textContent = clock(secondsLeft(of, now));
  }
  const least = Math.min(...unpaid.map((of) => secondsLeft(of, now)));
  const reached = SPOKEN_SECONDS.findLast((seconds) => least <= seconds);
  const said = reached ? words.holds.spoken(reached) : "";
  const spoken = find("time-left", HTMLElement);
  if (spoken.textContent !== said) spoken.textContent = said;
}

/** "9:05" @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
