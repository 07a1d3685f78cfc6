/** What went on behind an action: who answered what, which mail was sent, what was logged. */

import { element } from "./dom.js";
import { words } from "./words.js";

/**
 * @typedef {import("./demo.js").Story} Story
 * @typedef {import("./demo.js").Mail} Mail
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 */

const said = words.story;

/** What an answer of the webhook makes Mercado Pago do, of another function its caller. */
const CONSEQUENCES = {
  /** @param {number} status */
  mercado_pago_webhook: (status) => (status === 200 ? said.settled : said.resent),
  /** @param {number} status */
  create_event: (status) => (status === 503 ? said.retry : said.settled),
  /** @param {number} status */
  hold_and_pay: (status) => (status === 503 ? said.retry : said.settled),
};

/**
 * @param {Story} story
 * @param {DateWords} dates
 */
export function storyOf(story, dates) {
  return [
    element(
      "div",
      { class: "answers" },
      element("h3", {}, said.answers),
      element("ol", {}, ...story.answers.map(answer)),
      element("p", { class: "muted" }, said.events(story.events)),
    ),
    element(
      "div",
      { class: "mails" },
      element("h3", {}, said.mails),
      ...(story.mails.length ? story.mails.map((mail) => letter(mail, dates)) : [element("p", { class: "muted" }, said.none)]),
    ),
    element(
      "div",
      { class: "log" },
      element("h3", {}, said.log),
      ...story.log.map(logLine),
    ),
  ];
}

/** @param {Story["answers"][number]} answered */
function answer({ from, status, body, seconds }) {
  const consequence = CONSEQUENCES[/** @type {keyof typeof CONSEQUENCES} */ (from)](status);
  return element(
    "li",
    {},
    element("b", { class: status < 300 ? "good" : status < 500 ? "known" : "bad" }, String(status)),
    element("span", {}, element("code", {}, from), ` ${said.after(seconds.toFixed(2))}: ${consequence}`),
    body !== "" && element("code", { class: "body" }, typeof body === "string" ? body : JSON.stringify(body)),
  );
}

/**
 * @param {Mail} mail
 * @param {DateWords} dates
 */
function letter(mail, dates) {
  const start = new Date(mail.start);
  return element(
    "article",
    { class: "letter" },
    element("p", { class: "muted" }, said.to(mail.to)),
    element("h4", {}, `${said.subjects[mail.kind]}: ${mail.summary}`),
    element("p", {}, `${dates.day(start)}, ${dates.span(start, new Date(mail.end))}`),
    element("p", { class: "description" }, mail.description),
    mail.meetLink && element("p", {}, element("a", { href: mail.meetLink, rel: "noreferrer", target: "_blank" }, said.join)),
  );
}

/**
 * A line as it was printed, so that it breaks between its fields.
 * @param {Record<string, any>} line
 */
function logLine(line) {
  const { severity, function: name, code } = line;
  const fields = Object.entries(line).map((field) => field.map((part) => JSON.stringify(part)).join(": "));
  return element(
    "details",
    { open: true },
    element("summary", {}, element("b", { class: `severity ${severity}` }, severity), ` ${name}: ${code}`),
    element("pre", {}, `{${fields.join(", ")}}`),
  );
}
