/** The local page: a week as visitors see it, and the classes as Mercado Pago and the school do. */

import { askNewStudent, askNewTime, askToCancel, askWhomToRemove } from "./asking.js";
import { CalendarError, addDays, dayOf, fetchListing } from "./calendar.js";
import { classCard, noticeWords } from "./classes.js";
import * as demo from "./demo.js";
import { element, find } from "./dom.js";
import { storyOf } from "./story.js";
import { dateWords, language, outcomeWords, words } from "./words.js";
import { weekTable } from "./week.js";

/** @typedef {import("./demo.js").VirtualClass} VirtualClass */

const OLD_SECONDS = 1;

// As in production the API has another origin than the page: our own address by its other name.
const api = new URL("/api/calendar", location.href);
api.hostname = location.hostname === "localhost" ? "127.0.0.1" : "localhost";

showLanguage();
let state = await firstState();
const dates = dateWords(state.timeZone);
const today = () => dayOf(new Date(), state.timeZone);
let from = today();
/** @type {import("./calendar.js").Listing | null} */
let listing = null;
let isBusy = false;
let reading = new AbortController();

function showLanguage() {
  document.documentElement.lang = language;
  document.title = words.page.title;
  for (const each of document.querySelectorAll("[data-words]")) {
    each.textContent = words.page[each.getAttribute("data-words") ?? ""];
  }
  for (const each of document.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", words.page[each.getAttribute("data-label") ?? ""]);
  }
  const other = find("language", HTMLAnchorElement);
  other.textContent = words.otherLanguage.name;
  other.href = words.otherLanguage.query;
}

/** What the server tells; where it does not, the page says so. */
async function firstState() {
  try {
    return await demo.readState();
  } catch (error) {
    find("lost", HTMLElement).hidden = false;
    throw error;
  }
}

function showWeek() {
  const { timeZone, windowDays, classes } = state;
  find("week-title", HTMLElement).textContent = dates.week(from, addDays(from, 6));
  find("previous", HTMLButtonElement).disabled = from <= today();
  if (listing) {
    const { spans, clockOffset } = listing;
    const week = { spans, classes, from, timeZone, windowDays, clockOffset, dates };
    find("week", HTMLElement).replaceChildren(weekTable(week));
  }
}

/** Reads the listing anew; an earlier read that is still under way is of no use any more. */
async function refresh() {
  const told = find("freshness", HTMLElement);
  reading.abort();
  const { signal } = (reading = new AbortController());
  const week = find("week", HTMLElement);
  week.setAttribute("aria-busy", "true");
  try {
    listing = await fetchListing(api, {
      fresh: true,
      signal,
      onRetry: (error, seconds) => {
        told.textContent = words.retrying(words.unlisted(error.code), Math.ceil(seconds));
      },
    });
    const { age } = listing;
    const time = dates.second(new Date(Date.now() - age * 1000));
    told.textContent = age > OLD_SECONDS ? words.oldSince(time, age) : words.readAt(time);
    told.className = age > OLD_SECONDS ? "old" : "";
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof CalendarError)) throw error;
    told.textContent = words.unlisted(error.code);
    told.className = "old";
  }
  week.removeAttribute("aria-busy");
  showWeek();
}

function showClasses() {
  const active = document.activeElement;
  const [holder, action] = [active?.closest("li")?.id, active?.getAttribute("data-action")];
  const cards = state.classes.map((each) => classCard(each, dates, act));
  find("classes", HTMLUListElement).replaceChildren(...cards);
  const card = cards.find((each) => each.id === holder);
  const same = card?.querySelector(`[data-action="${action}"]`) ?? card?.querySelector("button");
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

function showFaults() {
  const options = state.faults.map((name) =>
    element("option", { value: name, selected: name === state.fault }, words.faults[name][0]),
  );
  find("fault", HTMLSelectElement).replaceChildren(...options);
  find("fault-explanation", HTMLElement).textContent = words.faults[state.fault][1];
}

/** @param {string} text @param {string} kind good, bad or busy */
function tell(text, kind) {
  find("banner", HTMLElement).hidden = text === "";
  find("banner", HTMLElement).className = kind;
  find("outcome", HTMLElement).textContent = text;
}

/**
 * What each action has to know before it is sent; null if it is not meant.
 * @type {Record<import("./spanish.js").Action, (of: VirtualClass) => Promise<string | null>>}
 */
const questions = {
  pay: async () => "",
  move: newTime,
  cancel: (of) => askToCancel(of, dates),
  add: askNewStudent,
  remove: askWhomToRemove,
};

/** @type {import("./classes.js").Act} */
async function act(action, of) {
  const answer = await questions[action](of);
  if (answer === null) return;
  await busily(words.telling, async () => {
    const story = await (action === "pay" ? demo.pay(of.id) : demo.edit(of.id, action, answer));
    state = story.state;
    find("story", HTMLElement).replaceChildren(...storyOf(story, dates));
    const code = story.log.findLast((line) => line.function === "create_event")?.code ?? "unknown";
    const isGood = code === "ok" || code === "class_not_bookable";
    const now = state.classes.find((each) => each.id === of.id) ?? of;
    if (now.event) from = weekWith(dayOf(new Date(now.event.start.dateTime), state.timeZone));
    showWeek();
    void refresh();
    const [wasBooked, mails] = [of.meetLink !== null, story.mails.length];
    const text = outcomeWords(action, code, wasBooked, mails, noticeWords(now));
    tell(text, isGood ? "good" : "bad");
  });
}

/** @param {VirtualClass} of */
function newTime(of) {
  const { timeZone, windowDays } = state;
  const { spans = [], clockOffset = 0 } = listing ?? {};
  return askNewTime(of, spans, { timeZone, windowDays, clockOffset, from: today() }, dates);
}

/** The first day of the week that shows a day. @param {string} day */
function weekWith(day) {
  let first = today();
  while (addDays(first, 6) < day) first = addDays(first, 7);
  return first;
}

/**
 * One thing at a time; the page says so.
 * @param {string} text
 * @param {() => Promise<void>} work
 */
async function busily(text, work) {
  if (isBusy) return;
  isBusy = true;
  document.body.setAttribute("aria-busy", "true");
  tell(text, "busy");
  try {
    await work();
  } catch (error) {
    // `fetch` fails so where nobody answers.
    const isLost = error instanceof TypeError;
    const why = error instanceof Error ? error.message : String(error);
    tell(isLost ? words.page.lost : words.failed(why), "bad");
  }
  isBusy = false;
  document.body.removeAttribute("aria-busy");
  showClasses();
  showFaults();
}

/**
 * @param {() => Promise<import("./demo.js").State>} change
 * @param {string} text
 */
function changeFault(change, text) {
  return busily(state.fault === "token_revoked" ? words.newToken : text, async () => {
    state = await change();
    void refresh();
    tell("", "");
  });
}

/** @param {string} id @param {() => void} listener */
const onClick = (id, listener) => find(id, HTMLButtonElement).addEventListener("click", listener);

/** @param {string} day */
function turnTo(day) {
  from = day < today() ? today() : day;
  showWeek();
}

onClick("previous", () => turnTo(addDays(from, -7)));
onClick("today", () => turnTo(today()));
onClick("next", () => turnTo(addDays(from, 7)));
onClick("refresh", () => void refresh());
onClick("close", () => tell("", ""));
onClick("start-over", async () => {
  await changeFault(demo.startOver, words.startingOver);
  find("story", HTMLElement).replaceChildren();
  turnTo(today());
});
find("fault", HTMLSelectElement).addEventListener("change", (event) => {
  const { value } = /** @type {HTMLSelectElement} */ (event.target);
  void changeFault(() => demo.playFault(value), words.preparing);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});

const place = state.timeZone.split("/").at(-1)?.replaceAll("_", " ") ?? state.timeZone;
find("zone", HTMLElement).textContent = words.zone(place);
showFaults();
showClasses();
showWeek();
void refresh();
