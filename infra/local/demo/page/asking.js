/** The page's dialog: one question at a time. */

import { freeSlots } from "./calendar.js";
import { element, find } from "./dom.js";
import { studentsOf, titleOf } from "./titles.js";
import { CLOSES, OPENS } from "./week.js";
import { words } from "./words.js";

/**
 * @typedef {import("./calendar.js").Span} Span
 * @typedef {import("./calendar.js").Slot} Slot
 * @typedef {import("./demo.js").VirtualClass} VirtualClass
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 */

const DAYS = 14;

let visitor = `ana.lopez+${Math.floor(Math.random() * 1e6)}@example.com`; // another in each tab

/**
 * Asks whether to go on.
 * @param {{title: string, text: string, confirm: string}} question
 * @param {...HTMLElement} fields
 * @returns {Promise<boolean>}
 */
function ask({ title, text, confirm }, ...fields) {
  const dialog = find("question", HTMLDialogElement);
  find("question-title", HTMLElement).textContent = title;
  find("question-text", HTMLElement).textContent = text;
  find("question-fields", HTMLElement).replaceChildren(...fields);
  find("question-confirm", HTMLElement).textContent = confirm;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === "confirmed");
    dialog.addEventListener("close", closed, { once: true });
  });
}

/**
 * Null if the class is to stay.
 * @param {VirtualClass} of
 * @param {DateWords} dates
 */
export async function askToCancel(of, dates) {
  const { title, text, confirm } = words.canceller;
  const told = text(titleOf(of), nowOf(of, dates), studentsOf(of).length);
  return (await ask({ title, text: told, confirm })) ? "" : null;
}

/**
 * Asks for the address of a student to be added; null if there is none.
 * @param {VirtualClass} of
 */
export function askNewStudent(of) {
  const { title, address, confirm } = words.adder;
  return askAddress({ title, text: titleOf(of), confirm }, address);
}

/**
 * Asks who takes a free hour; null if it stays free.
 * @param {Slot} slot
 * @param {DateWords} dates
 */
export async function askToHold(slot, dates) {
  const { title, text, address, confirm } = words.holder;
  const told = text(dates.day(slot.start), dates.span(slot.start, slot.end));
  const given = await askAddress({ title, text: told, confirm }, address, visitor);
  visitor = given ?? visitor;
  return given;
}

/**
 * @param {{title: string, text: string, confirm: string}} question
 * @param {string} name of the field
 * @param {string} [value]
 */
async function askAddress(question, name, value = "") {
  const input = element("input", { id: "student", type: "email", required: true, value });
  const isMeant = await ask(question, element("label", { for: "student" }, name), input);
  return isMeant ? input.value : null;
}

/**
 * Asks which student is taken off; null if none is. The one who paid stays.
 * @param {VirtualClass} of
 */
export async function askWhomToRemove(of) {
  const { title, address, confirm } = words.remover;
  const addresses = of.participantEmails ?? [];
  const options = addresses.map((each) => option(each, each, addresses[0]));
  const select = element("select", { id: "old-student" }, ...options);
  const label = element("label", { for: "old-student" }, address);
  const isMeant = await ask({ title, text: titleOf(of), confirm }, label, select);
  return isMeant ? select.value : null;
}

/**
 * Asks for another time of the class; null if none is chosen.
 * @param {VirtualClass} of
 * @param {Span[]} spans
 * @param {{timeZone: string, windowDays: number, clockOffset: number, from: string}} calendar
 * @param {DateWords} dates
 * @returns {Promise<string | null>}
 */
export async function askNewTime(of, spans, calendar, dates) {
  const byDay = Map.groupBy(freeTimes(of, spans, calendar), (slot) => slot.day);
  const own = new Date(of.start).toISOString();
  const days = element("select", { id: "new-day" });
  const times = element("select", { id: "new-time" });
  const showTimes = () => {
    const slots = byDay.get(days.value) ?? [];
    times.replaceChildren(
      ...slots.map((slot) => option(slot.start.toISOString(), dates.span(slot.start, slot.end), own)),
    );
  };
  const ownDay = [...byDay.values()].flat().find((slot) => slot.start.toISOString() === own)?.day;
  days.replaceChildren(
    ...[...byDay].map(([day, [first]]) => option(day, dates.day(first.start), ownDay)),
  );
  days.addEventListener("change", showTimes);
  showTimes();
  const { title, now, day, time, nothing, confirm } = words.mover;
  const text = byDay.size ? now(titleOf(of), nowOf(of, dates)) : nothing;
  const isMeant = await ask(
    { title, text, confirm },
    element("label", { for: "new-day" }, day),
    days,
    element("label", { for: "new-time" }, time),
    times,
  );
  return isMeant && times.value && times.value !== own ? times.value : null;
}

/**
 * Where the class may go; the time it has now is not in its way.
 * @param {VirtualClass} of
 * @param {Span[]} spans
 * @param {{timeZone: string, windowDays: number, clockOffset: number, from: string}} calendar
 */
function freeTimes(of, spans, calendar) {
  const own = of.event && Date.parse(of.event.start.dateTime);
  const others = spans.filter((span) => Date.parse(span.start.dateTime) !== own);
  const minutes = (Date.parse(of.end) - Date.parse(of.start)) / 60_000;
  const hours = { opens: OPENS, closes: CLOSES, minutes, every: 30 };
  return freeSlots(others, { ...calendar, ...hours, days: DAYS });
}

/** @param {string} value @param {string} text @param {string | undefined} selected */
function option(value, text, selected) {
  return element("option", { value, selected: value === selected }, text);
}

/** @param {VirtualClass} of @param {DateWords} dates */
function nowOf(of, dates) {
  const start = new Date(of.start);
  return `${dates.day(start)}, ${dates.time(start)}`;
}
