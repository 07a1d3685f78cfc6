/** The local page: a week as visitors see it, and the classes as Mercado Pago and the school do. */

import { CalendarError, addDays, dayOf, fetchListing } from "./calendar.js";
import { askNewTime, classCard } from "./classes.js";
import * as demo from "./demo.js";
import { element, find } from "./dom.js";
import { storyOf } from "./story.js";
import { ageWords, dateWords, listingWords, outcomeWords } from "./words.js";
import { weekTable } from "./week.js";

const OLD_SECONDS = 1;

// As in production the API has another origin than the page: our own address by its other name.
const api = new URL("/api/calendar", location.href);
api.hostname = location.hostname === "localhost" ? "127.0.0.1" : "localhost";

let state = await demo.readState();
const words = dateWords(state.timeZone);
const today = () => dayOf(new Date(), state.timeZone);
let from = today();
/** @type {import("./calendar.js").Listing | null} */
let listing = null;
let isBusy = false;
let reading = new AbortController();

function showWeek() {
  const { timeZone, windowDays, classes } = state;
  find("week-title", HTMLElement).textContent = words.week(from, addDays(from, 6));
  find("previous", HTMLButtonElement).disabled = from <= today();
  if (listing) {
    const table = weekTable({ spans: listing.spans, classes, from, timeZone, windowDays, words });
    find("week", HTMLElement).replaceChildren(table);
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
        told.textContent = `${listingWords(error.code)} Reintento en ${Math.ceil(seconds)} s.`;
      },
    });
    told.textContent = listing.age > OLD_SECONDS ? ageWords(listing.age) : "Al día";
    told.className = listing.age > OLD_SECONDS ? "old" : "";
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof CalendarError)) throw error;
    told.textContent = listingWords(error.code);
    told.className = "old";
  }
  week.removeAttribute("aria-busy");
  showWeek();
}

function showClasses() {
  const active = document.activeElement;
  const [holder, action] = [active?.closest("li")?.id, active?.getAttribute("data-action")];
  const cards = state.classes.map((each) => classCard(each, words, act));
  find("classes", HTMLUListElement).replaceChildren(...cards);
  const card = cards.find((each) => each.id === holder);
  const same = card?.querySelector(`[data-action="${action}"]`) ?? card?.querySelector("button");
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

function showFaults() {
  const select = find("fault", HTMLSelectElement);
  select.replaceChildren(
    ...state.faults.map(({ name, title }) => element("option", { value: name, selected: name === state.fault }, title)),
  );
  const present = state.faults.find(({ name }) => name === state.fault);
  find("fault-explanation", HTMLElement).textContent = present?.explanation ?? "";
}

/** @param {string} text @param {string} kind good, bad or busy */
function tell(text, kind) {
  const outcome = find("outcome", HTMLElement);
  outcome.hidden = text === "";
  outcome.textContent = text;
  outcome.className = `outcome ${kind}`;
}

/** @type {import("./classes.js").Act} */
async function act(action, of) {
  const start = action === "move" ? await newTime(of) : "";
  if (start === null) return;
  await busily("Avisando…", async () => {
    const story = await (action === "move" ? demo.move(of.id, start) : demo[action](of.id));
    state = story.state;
    find("story", HTMLElement).replaceChildren(...storyOf(story, words));
    const code = story.log.findLast((line) => line.function === "create_event")?.code ?? "unknown";
    const isGood = code === "ok" || code === "class_not_bookable";
    const moved = state.classes.find((each) => each.id === of.id)?.event;
    if (moved) from = weekWith(dayOf(new Date(moved.start.dateTime), state.timeZone));
    showWeek();
    void refresh();
    tell(outcomeWords(action, code, of.meetLink !== null, story.mails.length > 0), isGood ? "good" : "bad");
  });
}

/** @param {import("./demo.js").VirtualClass} of */
function newTime(of) {
  const { timeZone, windowDays } = state;
  return askNewTime(of, listing?.spans ?? [], { timeZone, windowDays, from: today() }, words);
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
    tell(`El servidor local no pudo: ${error instanceof Error ? error.message : error}`, "bad");
  }
  isBusy = false;
  document.body.removeAttribute("aria-busy");
  showClasses();
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
onClick("start-over", () =>
  busily("Empezando de nuevo…", async () => {
    state = await demo.startOver();
    from = today();
    find("story", HTMLElement).replaceChildren();
    showFaults();
    void refresh();
    tell("", "");
  }),
);
find("fault", HTMLSelectElement).addEventListener("change", (event) =>
  busily("Preparando…", async () => {
    state = await demo.playFault(/** @type {HTMLSelectElement} */ (event.target).value);
    showFaults();
    void refresh();
    tell("", "");
  }),
);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});

const place = state.timeZone.split("/").at(-1)?.replaceAll("_", " ");
find("zone", HTMLElement).textContent = `Horario de ${place}`;
showFaults();
showClasses();
showWeek();
void refresh();
