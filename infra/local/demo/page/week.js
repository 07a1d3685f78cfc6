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
 * @param {string} what.from first day
 * @param {string} what.timeZone
 * @param {number} what.windowDays
 * @param {number} what.clockOffset the listing's
 * @param {DateWords} what.dates
 */
export function weekTable({ spans, classes, from, timeZone, windowDays, clockOffset, dates }) {
  const hours = { days: 7, opens: OPENS, closes: CLOSES };
  const all = slots(spans, { timeZone, from, ...hours, windowDays, clockOffset });
  const days = Array.from({ length: 7 }, (_, index) => addDays(from, index));
  const times = [...new Set(all.map((slot) => slot.time))];
  const at = new Map(all.map((slot) => [`${slot.day} ${slot.time}`, slot]));
  const today = dayOf(new Date(), timeZone);
  const named = new Map(classes.flatMap((each) => (each.event ? [[keyOf(each.event), each]] : [])));
  const drawn = new Set();
  const { states, caption } = words.week;

  const cell = (/** @type {string} */ day, /** @type {string} */ time) => {
    const slot = at.get(`${day} ${time}`);
    if (!slot) return element("td", { class: "past" });
    const blocks = slot.spans
      .filter((span) => !drawn.has(`${day} ${keyOf(span)}`))
      .map((span) => {
        drawn.add(`${day} ${keyOf(span)}`);
        return block(span, slot, closing(all, day), named.get(keyOf(span)), dates);
      });
    const told = [states[slot.state], ...slot.spans.map((span) => spanWords(span, named, dates))];
    const text = element("span", { class: "hidden" }, told.join(", "));
    return element("td", { class: slot.state, "data-start": slot.start.toISOString() }, text, ...blocks);
  };

  return element(
    "table",
    {},
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
  const kind = ours ? "ours" : span.status === "tentative" ? "tentative" : "busy";
  const title = ours ? titleOf(ours) : words.week[kind === "tentative" ? "tentative" : "busy"];
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
  return words.week.told(hours, dates.isAllDay(span), named.has(keyOf(span)), isTentative);
}

/**
 * @param {Slot[]} all
 * @param {string} day
 */
function closing(all, day) {
  const last = all.findLast((slot) => slot.day === day);
  return last ? last.end.getTime() : 0;
}

/** @param {Pick<Span, "start" | "end">} span */
function keyOf({ start, end }) {
  return `${Date.parse(start.dateTime)} ${Date.parse(end.dateTime)}`;
}
