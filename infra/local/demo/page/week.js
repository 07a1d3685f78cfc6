/** The week: a table of hours, free or taken, with what takes them drawn to the minute. */

import { addDays, dayOf, slots } from "./calendar.js";
import { element } from "./dom.js";
import { titleOf } from "./titles.js";
import { words } from "./words.js";

/**
 * @typedef {import("./calendar.js").Span} Span
 * @typedef {import("./calendar.js").Slot} Slot
 * @typedef {import("./demo.js").VirtualClass} VirtualClass
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 */

export const OPENS = "08:00";
export const CLOSES = "22:00";
const HOUR = 3_600_000;

/**
 * @param {object} what
 * @param {Span[]} what.spans
 * @param {VirtualClass[]} what.classes those with an event are named in the week
 * @param {VirtualClass[]} what.holds the visitor's own
 * @param {string} what.from first day
 * @param {string} what.timeZone
 * @param {number} what.windowDays
 * @param {number} what.clockOffset the listing's
 * @param {DateWords} what.dates
 * @param {(slot: Slot) => void} what.hold
 */
export function weekTable({ spans, classes, holds, dates, hold, ...calendar }) {
  const { from, timeZone } = calendar;
  const mine = holds.map(({ start, end }) => ({ start: new Date(start), end: new Date(end) }));
  const all = slots(spans, { ...calendar, days: 7, opens: OPENS, closes: CLOSES, mine });
  const days = Array.from({ length: 7 }, (_, index) => addDays(from, index));
  const times = [...new Set(all.map((slot) => slot.time))];
  const at = new Map(all.map((slot) => [`${slot.day} ${slot.time}`, slot]));
  const today = dayOf(new Date(), timeZone);
  const named = new Map([
    ...classes.flatMap((of) => (of.event ? [/** @type {const} */ ([keyOf(of.event), of])] : [])),
    ...holds.map((of) => /** @type {const} */ ([keyOf(of), of])),
  ]);
  const drawn = new Set();
  const { states, caption } = words.week;

  const cell = (/** @type {string} */ day, /** @type {string} */ time) => {
    const slot = at.get(`${day} ${time}`);
    if (!slot) return element("td", { class: "past" });
    const attributes = { class: slot.state, "data-start": slot.start.toISOString() };
    if (slot.state === "free") return element("td", attributes, holdButton(slot, dates, hold));
    const blocks = slot.spans
      .filter((span) => !drawn.has(`${day} ${keyOf(span)}`))
      .map((span) => {
        drawn.add(`${day} ${keyOf(span)}`);
        return block(span, slot, closing(all, day), named.get(keyOf(span)), dates);
      });
    const told = [states[slot.state], ...slot.spans.map((span) => spanWords(span, named, dates))];
    const text = element("span", { class: "hidden" }, told.join(", "));
    return element("td", attributes, text, ...blocks);
  };

  return element(
    "table",
    { onkeydown: moveAmongHours },
    element("caption", { class: "hidden" }, caption),
    element("thead", {}, element("tr", {}, element("td"), ...days.map((day) => heading(day, today, dates)))),
    element(
      "tbody",
      {},
      ...times.map((time) => {
        const hour = element("th", { scope: "row" }, element("span", {}, time));
        return element("tr", {}, hour, ...days.map((day) => cell(day, time)));
      }),
    ),
  );
}

/**
 * @param {Slot} slot
 * @param {DateWords} dates
 * @param {(slot: Slot) => void} hold
 */
function holdButton(slot, dates, hold) {
  const when = `${dates.day(slot.start)}, ${dates.span(slot.start, slot.end)}`;
  const attributes = { type: "button", tabindex: -1, "aria-label": words.week.hold(when) };
  return element("button", { ...attributes, onclick: () => hold(slot) }, words.week.reserve);
}

/**
 * One free hour of the week can be reached with the Tab key, the others from there with the arrows.
 * @param {HTMLElement} week
 * @param {string | null | undefined} start of the hour that had the focus: it has it still or, if it
 *   is not free any more, the next that is
 */
export function letOneHourBeReached(week, start) {
  const buttons = [...week.querySelectorAll("button")];
  const startOf = (/** @type {Element} */ each) => each.closest("td")?.dataset.start ?? "";
  const later = buttons.filter((each) => startOf(each) >= (start ?? ""));
  later.sort((one, other) => (startOf(one) < startOf(other) ? -1 : 1));
  const [reached = buttons[0]] = later;
  if (!reached) return;
  reached.tabIndex = 0;
  if (start) reached.focus({ preventScroll: true });
}

/** Rows down and columns across. @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** To the next free hour in the arrow's direction. @param {KeyboardEvent} event */
function moveAmongHours(event) {
  const button = /** @type {HTMLElement} */ (event.target);
  const [cell, row, table] = [button.closest("td"), button.closest("tr"), button.closest("table")];
  if (!(event.key in STEPS && cell && row && table)) return;
  event.preventDefault();
  const [down, across] = STEPS[event.key];
  let [line, column] = [row.rowIndex + down, cell.cellIndex + across];
  while (table.rows[line]?.cells[column]) {
    const next = table.rows[line].cells[column].querySelector("button");
    if (next) {
      [button.tabIndex, next.tabIndex] = [-1, 0];
      return next.focus();
    }
    [line, column] = [line + down, column + across];
  }
}

/**
 * @param {string} day
 * @param {string} today
 * @param {DateWords} dates
 */
function heading(day, today, dates) {
  const attributes = { scope: "col", "aria-current": day === today && "date" };
  const number = element("b", {}, String(Number(day.slice(8))));
  return element("th", attributes, element("span", {}, dates.weekday(day)), " ", number);
}

/**
 * What takes the time, from where it begins on that day to where it ends.
 * @param {Span} span
 * @param {Slot} slot the first it overlaps
 * @param {number} closes
 * @param {VirtualClass | undefined} ours
 * @param {DateWords} dates
 */
function block(span, slot, closes, ours, dates) {
  const start = Math.max(Date.parse(span.start.dateTime), slot.start.getTime());
  const end = Math.min(Date.parse(span.end.dateTime), closes);
  const { mine, tentative, busy } = words.week;
  const [kind, title] = ours?.event
    ? ["ours", titleOf(ours)]
    : ours
      ? ["mine", mine]
      : span.status === "tentative"
        ? ["tentative", tentative]
        : ["busy", busy];
  const made = element(
    "div",
    { class: `block ${kind} ${end - start < HOUR ? "short" : ""}`, "aria-hidden": "true" },
    element("b", {}, dates.isAllDay(span) ? words.week.allDay : dates.time(new Date(start))),
    " ",
    element("span", {}, title),
  );
  made.style.setProperty("--top", String((start - slot.start.getTime()) / HOUR));
  made.style.setProperty("--hours", String((end - start) / HOUR));
  return made;
}

/**
 * @param {Span} span
 * @param {Map<string, VirtualClass>} named
 * @param {DateWords} dates
 */
function spanWords(span, named, dates) {
  const hours = dates.span(new Date(span.start.dateTime), new Date(span.end.dateTime));
  const isTentative = span.status === "tentative";
  const isOurs = Boolean(named.get(keyOf(span))?.event);
  return words.week.told(hours, dates.isAllDay(span), isOurs, isTentative);
}

/**
 * @param {Slot[]} all
 * @param {string} day
 */
function closing(all, day) {
  const last = all.findLast((slot) => slot.day === day);
  return last ? last.end.getTime() : 0;
}

/** By its hours. @param {Pick<Span, "start" | "end"> | VirtualClass} what */
function keyOf({ start, end }) {
  const instants = [start, end].map((at) => Date.parse(typeof at === "string" ? at : at.dateTime));
  return instants.join(" ");
}
