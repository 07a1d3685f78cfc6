/** The local page: a week as visitors see it, and the classes as Mercado Pago and the school do. */

import { askNewStudent, askNewTime, askToCancel, askToHold, askWhomToRemove } from "./asking.js";
import { CalendarError, addDays, dayOf, fetchListing } from "./calendar.js";
import { classCard, noticeWords } from "./classes.js";
import * as demo from "./demo.js";
import { element, find } from "./dom.js";
import { forget, isOwn, isUnpaid, remember, secondsLeft, tick } from "./holds.js";
import { storyOf } from "./story.js";
import { dateWords, language, outcomeWords, words } from "./words.js";
import { letOneHourBeReached, weekTable } from "./week.js";

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

/** By the school's clock. */
const now = () => Date.now() + (listing?.clockOffset ?? 0);

/** The visitor's own first; without what others hold, and what was held and has run out. */
function shownClasses() {
  const isHeld = (/** @type {VirtualClass} */ of) => isOwn(of) && secondsLeft(of, now()) > 0;
  const shown = state.classes.filter((of) => !isUnpaid(of) || isHeld(of));
  return shown.sort((one, other) => Number(isOwn(other)) - Number(isOwn(one)));
}

function showWeek() {
  const { timeZone, windowDays } = state;
  find("week-title", HTMLElement).textContent = dates.week(from, addDays(from, 6));
  find("previous", HTMLButtonElement).disabled = from <= today();
  if (listing) {
    const { spans, clockOffset } = listing;
    const calendar = { from, timeZone, windowDays, clockOffset };
    const focused = document.activeElement?.closest("td")?.dataset.start;
    const classes = shownClasses();
    const holds = classes.filter((of) => isOwn(of) && of.status === "pending" && !of.event);
    const table = weekTable({ spans, classes, holds, dates, hold, ...calendar });
    find("week", HTMLElement).replaceChildren(table);
    letOneHourBeReached(table, focused);
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
  const cards = shownClasses().map((of) => classCard(of, dates, now(), act));
  find("classes", HTMLUListElement).replaceChildren(...cards);
  const card = cards.find((each) => each.id === holder);
  const same = card?.querySelector(`[data-action="${action}"]`) ?? card?.querySelector("button");
  const next = same ?? (holder && find("close", HTMLElement)); // what became of it is told there
  if (next instanceof HTMLElement) next.focus({ preventScroll: true });
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
  release: async () => "",
  move: newTime,
  cancel: (of) => askToCancel(of, dates),
  add: askNewStudent,
  remove: askWhomToRemove,
};

/** @type {import("./classes.js").Act} */
async function act(action, of) {
  const answer = await questions[action](of);
  if (answer === null) return;
  if (action === "release") return giveUp(of);
  await busily(words.telling, async () => {
    const story = await (action === "pay" ? demo.pay(of.id) : demo.edit(of.id, action, answer));
    show(story);
    const code = story.log.findLast((line) => line.function === "create_event")?.code ?? "unknown";
    const isGood = code === "ok" || code === "class_not_bookable";
    const now = state.classes.find((each) => each.id === of.id) ?? of;
    if (now.event) turnTo(weekWith(dayOf(new Date(now.event.start.dateTime), state.timeZone)));
    const [wasBooked, mails] = [of.meetLink !== null, story.mails.length];
    const text = outcomeWords(action, code, wasBooked, mails, noticeWords(now));
    tell(text, isGood ? "good" : "bad");
  });
}

/** @param {import("./demo.js").Story} story */
function show(story) {
  state = story.state;
  find("story", HTMLElement).replaceChildren(...storyOf(story, dates));
  showWeek();
  void refresh();
}

/** The visitor takes an hour while they pay for it. @param {import("./calendar.js").Slot} slot */
async function hold(slot) {
  const student = await askToHold(slot, dates);
  if (student === null) return;
  /** @type {string | undefined} */
  let held;
  await busily(words.holds.holding, async () => {
    const story = await demo.hold(slot.start, slot.end, student);
    const [{ status, body }] = story.answers;
    if (status === 201) remember((held = body.classId));
    show(story);
    const { refusals, yours } = words.holds;
    if (held) tell(yours(dates.time(new Date(body.heldUntil))), "good");
    else tell(refusals[body.code] ?? words.failed(body.code), "bad");
  });
  if (held) document.getElementById(held)?.querySelector("button")?.focus();
}

/** The visitor does not want the hour any more. @param {VirtualClass} of */
function giveUp(of) {
  return busily(words.telling, async () => {
    forget(of.id);
    show(await demo.release(of.id));
    tell(words.holds.released, "good");
  });
}

/** Shows how long there is to pay, and says so when it is over. */
function watchHolds() {
  const asked = state.classes.filter((of) => isOwn(of) && isUnpaid(of));
  tick(asked, now());
  const over = asked.filter((of) => secondsLeft(of, now()) <= 0);
  if (isBusy || !over.length) return;
  for (const of of over) forget(of.id);
  tell(words.holds.ranOut, "");
  showClasses();
  void refresh();
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
setInterval(watchHolds, 500);
void refresh();
