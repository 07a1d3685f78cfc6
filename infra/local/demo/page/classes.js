/** The classes that can be paid for, moved and cancelled, and joined and left by students. */

import { element } from "./dom.js";
import { countdown, isUnpaid } from "./holds.js";
import { studentsOf, titleOf } from "./titles.js";
import { words } from "./words.js";

/**
 * @typedef {import("./demo.js").VirtualClass} VirtualClass
 * @typedef {import("./spanish.js").Action} Action
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 * @typedef {(action: Action, of: VirtualClass) => void} Act
 */

const MONEY = new Intl.NumberFormat(words.locale, {
  style: "currency",
  currency: "ARS",
  maximumFractionDigits: 0,
});

/**
 * @param {VirtualClass} of
 * @param {DateWords} dates
 * @param {number} now by the school's clock
 * @param {Act} act
 */
export function classCard(of, dates, now, act) {
  const start = new Date(of.start);
  const { kinds, states, linkIsComing } = words.classes;
  const status = isUnpaid(of) ? "held" : of.status;
  return element(
    "li",
    { id: of.id, class: status },
    element("p", { class: "state" }, states[status] ?? status),
    element("h3", {}, titleOf(of)),
    element("p", { class: "when", id: `${of.id}-when` }, `${dates.day(start)}, ${dates.span(start, new Date(of.end))}`),
    element("p", { class: "muted" }, `${kinds[of.classType]} · ${MONEY.format(of.classPrice)}`),
    ...(of.classType === "grupal" ? group(of, act) : [element("p", { class: "muted" }, of.studentEmail)]),
    isUnpaid(of) && countdown(of, now),
    of.status === "scheduled" && element("p", {}, of.meetLink ? meetLink(of.meetLink) : linkIsComing),
    element("div", { class: "buttons" }, ...buttons(of, act)),
  );
}

/**
 * A group's students, and those taken off, with what was mailed to each.
 * @param {VirtualClass} of
 * @param {Act} act
 */
function group(of, act) {
  const { heading, removed, unmailed } = words.group;
  const present = studentsOf(of);
  const addresses = new Set([...present, ...Object.keys(of.mailed)]);
  const entries = [...addresses].map((address) => {
    const isPresent = present.includes(address);
    const mails = of.mailed[address]?.map((kind) => words.story.subjects[kind]) ?? [unmailed];
    const told = isPresent ? mails : [removed, ...mails];
    return element(
      "div",
      { class: isPresent ? "" : "removed" },
      element("dt", {}, address),
      element("dd", { class: "muted" }, told.join(" · ")),
    );
  });
  return [
    element("h4", {}, heading(present.length, of.maxParticipants)),
    element("dl", { class: "students" }, ...entries),
    of.status === "scheduled" && element("div", { class: "buttons" }, ...studentButtons(of, act)),
  ];
}

/** @param {string} url */
function meetLink(url) {
  const attributes = { href: url, rel: "noreferrer", target: "_blank" };
  return element("a", attributes, url.replace("https://", ""));
}

/** What the button says that sends the notice. @param {VirtualClass} of */
export function noticeWords(of) {
  return of.status === "pending" && !of.heldUntil ? words.classes.pay : words.classes.again;
}

/**
 * @param {VirtualClass} of
 * @param {Act} act
 */
function buttons(of, act) {
  const { move, cancel } = words.classes;
  if (isUnpaid(of)) {
    const { pay, release } = words.holds;
    return [button("pay", pay, of, act, { kind: "primary" }), button("release", release, of, act)];
  }
  const kind = of.status === "pending" ? "primary" : "quiet";
  const pay = button("pay", noticeWords(of), of, act, { kind });
  if (of.status !== "scheduled") return [pay];
  return [button("move", move, of, act), button("cancel", cancel, of, act), pay];
}

/**
 * What changes who is in a group; whoever paid cannot be removed.
 * @param {VirtualClass} of
 * @param {Act} act
 */
function studentButtons(of, act) {
  const { adder, remover } = words;
  const add = button("add", adder.confirm, of, act, { label: adder.title });
  if (!of.participantEmails?.length) return [add];
  return [add, button("remove", remover.confirm, of, act, { label: remover.title })];
}

/**
 * @param {Action} action
 * @param {string} text
 * @param {VirtualClass} of
 * @param {Act} act
 * @param {{kind?: string, label?: string}} [options] `label`: for screen readers, where the text
 *   is clear only to who sees what is around it
 */
function button(action, text, of, act, { kind = "", label = text } = {}) {
  const attributes = {
    type: "button",
    class: kind,
    "data-action": action,
    "aria-label": `${label}: ${titleOf(of)}`,
    "aria-describedby": `${of.id}-when`,
    onclick: () => act(action, of),
  };
  return element("button", attributes, text);
}
