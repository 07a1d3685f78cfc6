/** The classes that can be paid for, moved and cancelled. */

import { freeSlots } from "./calendar.js";
import { element, find } from "./dom.js";
import { KINDS, STATES } from "./words.js";
import { CLOSES, OPENS } from "./week.js";

/**
 * @typedef {import("./calendar.js").Span} Span
 * @typedef {import("./demo.js").VirtualClass} VirtualClass
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 * @typedef {(action: "pay" | "move" | "cancel", of: VirtualClass) => void} Act
 */

const MONEY = new Intl.NumberFormat("es-AR", {
  style: "currency",
  currency: "ARS",
  maximumFractionDigits: 0,
});

/**
 * @param {VirtualClass} of
 * @param {DateWords} words
 * @param {Act} act
 */
export function classCard(of, words, act) {
  const start = new Date(of.start);
  const title = of.learningFocus ?? KINDS[of.classType];
  return element(
    "li",
    { id: of.id, class: of.status },
    element("p", { class: "state" }, STATES[of.status] ?? of.status),
    element("h3", {}, title),
    element("p", { class: "when" }, `${words.day(start)}, ${words.span(start, new Date(of.end))}`),
    element("p", { class: "muted" }, `${KINDS[of.classType]} · ${MONEY.format(of.classPrice)}`),
    element("p", { class: "muted" }, of.studentEmail),
    of.status === "scheduled" && element("p", {}, of.meetLink ? meetLink(of.meetLink) : "El enlace de Meet está en camino."),
    element("div", { class: "buttons" }, ...buttons(of, title, act)),
  );
}

/** @param {string} url */
function meetLink(url) {
  const attributes = { href: url, rel: "noreferrer", target: "_blank" };
  return element("a", attributes, url.replace("https://", ""));
}

/**
 * @param {VirtualClass} of
 * @param {string} title
 * @param {Act} act
 */
function buttons(of, title, act) {
  /** @param {"pay" | "move" | "cancel"} action @param {string} text @param {string} kind */
  const button = (action, text, kind) =>
    element(
      "button",
      {
        type: "button",
        class: kind,
        "data-action": action,
        "aria-label": `${text}: ${title}`,
        onclick: () => act(action, of),
      },
      text,
    );
  if (of.status === "pending") return [button("pay", "Simular el pago", "primary")];
  const again = button("pay", "Repetir el aviso", "quiet");
  if (of.status === "cancelled") return [again];
  return [button("move", "Mover", ""), button("cancel", "Cancelar", ""), again];
}

/**
 * Asks for another time of the class; null if none is chosen.
 * @param {VirtualClass} of
 * @param {Span[]} spans
 * @param {{timeZone: string, windowDays: number, from: string}} calendar
 * @param {DateWords} words
 * @returns {Promise<string | null>}
 */
export function askNewTime(of, spans, calendar, words) {
  const own = (/** @type {Span} */ span) =>
    of.event !== null && Date.parse(span.start.dateTime) === Date.parse(of.event.start.dateTime);
  const minutes = (Date.parse(of.end) - Date.parse(of.start)) / 60_000;
  const free = freeSlots(
    spans.filter((span) => !own(span)),
    { ...calendar, days: 14, opens: OPENS, closes: CLOSES, minutes, every: 30 },
  );
  const byDay = Object.values(Object.groupBy(free, (slot) => slot.day));
  const dialog = find("mover", HTMLDialogElement);
  const select = find("mover-start", HTMLSelectElement);
  select.replaceChildren(
    ...byDay.map((slots = []) =>
      element(
        "optgroup",
        { label: words.day(slots[0].start) },
        ...slots.map((slot) =>
          element(
            "option",
            { value: slot.start.toISOString() },
            `${words.weekday(slot.day)} ${Number(slot.day.slice(8))}, ${words.span(slot.start, slot.end)}`,
          ),
        ),
      ),
    ),
  );
  find("mover-class", HTMLElement).textContent =
    `${of.learningFocus ?? KINDS[of.classType]}: ahora ${words.day(new Date(of.start))}, ${words.time(new Date(of.start))}`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === "move" ? select.value : null);
    dialog.addEventListener("close", closed, { once: true });
  });
}
