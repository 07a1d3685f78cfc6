/** What went on behind an action: who answered what, which mail was sent, what was logged. */

import { element } from "./dom.js";

/**
 * @typedef {import("./demo.js").Story} Story
 * @typedef {import("./demo.js").Mail} Mail
 * @typedef {ReturnType<typeof import("./words.js").dateWords>} DateWords
 */

const SUBJECTS = {
  invitation: "Invitación",
  update: "Invitación actualizada",
  cancellation: "Evento cancelado",
};

/** What an answer of the webhook makes Mercado Pago do, of `create_event` its caller. */
const CONSEQUENCES = {
  /** @param {number} status */
  mercado_pago_webhook: (status) => (status === 200 ? "settled" : "Mercado Pago sends it again"),
  /** @param {number} status */
  create_event: (status) => (status === 503 ? "worth asking again later" : "settled"),
};

/**
 * @param {Story} story
 * @param {DateWords} words
 */
export function storyOf(story, words) {
  return [
    element(
      "div",
      { class: "answers" },
      element("h3", {}, "Answers"),
      element("ol", {}, ...story.answers.map(answer)),
      element("p", { class: "muted" }, countWords(story.events)),
    ),
    element(
      "div",
      { class: "mails" },
      element("h3", {}, "Mail that Google would send"),
      ...(story.mails.length ? story.mails.map((mail) => letter(mail, words)) : [element("p", { class: "muted" }, "None.")]),
    ),
    element(
      "div",
      { class: "log" },
      element("h3", {}, "Log lines of this request"),
      ...story.log.map(logLine),
    ),
  ];
}

/** @param {number} events */
function countWords(events) {
  return events === 1 ? "The calendar has 1 live event of this class." : `The calendar has ${events} live events of this class.`;
}

/** @param {Story["answers"][number]} answered */
function answer({ from, status, body, seconds }) {
  const consequence = CONSEQUENCES[/** @type {keyof typeof CONSEQUENCES} */ (from)](status);
  return element(
    "li",
    {},
    element("b", { class: status === 200 ? "good" : status < 500 ? "known" : "bad" }, String(status)),
    element("span", {}, element("code", {}, from), ` after ${seconds.toFixed(2)} s: ${consequence}`),
    element("code", { class: "body" }, typeof body === "string" ? body : JSON.stringify(body)),
  );
}

/**
 * The mail, in the words of its reader.
 * @param {Mail} mail
 * @param {DateWords} words
 */
function letter(mail, words) {
  const start = new Date(mail.start);
  return element(
    "article",
    { class: "letter", lang: "es" },
    element("p", { class: "muted" }, `Para: ${mail.to}`),
    element("h4", {}, `${SUBJECTS[mail.kind]}: ${mail.summary}`),
    element("p", {}, `${words.day(start)}, ${words.span(start, new Date(mail.end))}`),
    element("p", { class: "description" }, mail.description),
    mail.meetLink && element("p", {}, element("a", { href: mail.meetLink, rel: "noreferrer", target: "_blank" }, "Unirse con Google Meet")),
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
