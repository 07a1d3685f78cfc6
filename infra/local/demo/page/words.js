/** The page's language (`?lang=en`, otherwise Spanish), and what it says of dates and outcomes. */

import { english } from "./english.js";
import { spanish } from "./spanish.js";

const isEnglish = new URLSearchParams(location.search).get("lang") === "en";
export const language = isEnglish ? "en" : "es";
export const words = isEnglish ? english : spanish;

/** @param {string} timeZone */
export function dateWords(timeZone) {
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat(words.locale, { timeZone, ...options });
  const longDay = format({ weekday: "long", day: "numeric", month: "long" });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const second = format({ timeStyle: "medium", hourCycle: "h23" });
  const weekday = format({ weekday: "short", timeZone: "UTC" });
  const range = format({ day: "numeric", month: "long", timeZone: "UTC" });
  return {
    /** "miércoles, 25 de noviembre" @param {Date} instant */
    day: (instant) => longDay.format(instant),
    /** "17:30" @param {Date} instant */
    time: (instant) => clock.format(instant),
    /** "17:30:05" @param {Date} instant */
    second: (instant) => second.format(instant),
    /** "17:30 a 19:00" @param {Date} start @param {Date} end */
    span: (start, end) => words.span(clock.format(start), clock.format(end)),
    /** From midnight to midnight. @param {Pick<import("./calendar.js").Span, "start" | "end">} span */
    isAllDay: ({ start, end }) =>
      [start, end].every(({ dateTime }) => clock.format(new Date(dateTime)) === "00:00"),
    /** "lun" @param {string} day */
    weekday: (day) => weekday.format(Date.parse(day)).replace(/[.,]/g, ""),
    /** "23–29 de noviembre" @param {string} first @param {string} last */
    week: (first, last) => range.formatRange(Date.parse(first), Date.parse(last)),
  };
}

/**
 * What became of an action, by the code that `create_event` logged.
 * @param {import("./spanish.js").Action} action
 * @param {string} code
 * @param {boolean} wasBooked before it
 * @param {number} mails that Google sends because of it
 * @param {string} button what repeats it
 */
export function outcomeWords(action, code, wasBooked, mails, button) {
  if (code === "ok" && wasBooked) return mails ? followedWords(action, mails) : words.unchanged;
  if (code === "ok") return mails ? words.booked(mails) : words.linked;
  if (code === "class_not_bookable") {
    return action === "cancel" ? words.withdrawn : words.notBooked;
  }
  return `${words.trouble(code)} ${words.again(action, button)}`;
}

/** @param {import("./spanish.js").Action} action @param {number} mails */
function followedWords(action, mails) {
  if (action === "add") return words.added;
  return action === "remove" ? words.removed : words.followed(mails);
}
