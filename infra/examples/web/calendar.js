/**
 * The school's calendar for a web page: reads `GET /api/calendar` and tells which hours are free.
 * Runs in every browser since 2024 and in Node.js 20; depends on nothing.
 */

/**
 * A span of time that is taken, as the listing has it.
 * @typedef {object} Span
 * @property {{dateTime: string}} start RFC 3339 with the offset of the school
 * @property {{dateTime: string}} end
 * @property {"confirmed" | "tentative"} status
 */

/**
 * @typedef {object} Listing
 * @property {Span[]} spans by start; what takes no time is not among them
 * @property {number} age seconds since the function read the calendar; it may be minutes while
 *   Google is down
 */

/**
 * @typedef {object} FetchOptions
 * @property {number} [attempts] 4 unless told otherwise; 1 never tries again
 * @property {boolean} [fresh] ask the function even if the browser's copy is young enough. Either
 *   way the browser sends the copy's ETag by itself, and an unchanged listing costs a 304
 * @property {AbortSignal} [signal] ends the waiting and the asking
 * @property {(error: CalendarError, seconds: number) => void} [onRetry] told before each pause
 */

/**
 * @typedef {object} SlotOptions
 * @property {string} timeZone of the school, as in `TIME_ZONE`: "America/Argentina/Buenos_Aires"
 * @property {string} from first day, "2031-03-10"
 * @property {number} [days] 7
 * @property {string} [opens] "08:00"
 * @property {string} [closes] "22:00"; nothing ends later
 * @property {number} [minutes] length of a slot, 60
 * @property {number} [every] minutes from the start of one to the start of the next, 60
 * @property {Date} [now]
 * @property {number} [windowDays] 90: what `EVENTS_WINDOW_DAYS` is. The listing knows of nothing
 *   that starts later, so nothing there may look free
 */

/**
 * @typedef {object} Slot
 * @property {Date} start
 * @property {Date} end
 * @property {string} day "2031-03-10", at the school
 * @property {string} time "17:00", at the school
 * @property {"free" | "taken" | "past" | "unknown"} state
 * @property {Span[]} spans those that overlap it
 */

const ANSWER_MILLISECONDS = 12_000; // above the function's LIST_BUDGET_SECONDS
const LONGEST_PAUSE_SECONDS = 30;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Why there is no listing. */
export class CalendarError extends Error {
  /**
   * @param {string} code of the README's error table; "unreachable" if there was no answer that a
   *   page may read (offline, too slow, or its origin is not in ALLOWED_ORIGINS); "unreadable" if
   *   it was not the function that answered
   * @param {boolean} retryable whether the same request can succeed later
   * @param {{status?: number, retryAfter?: number, cause?: unknown}} [details] `retryAfter`: the
   *   seconds that the function asks to wait
   */
  constructor(code, retryable, { status, retryAfter, cause } = {}) {
    super(`The calendar cannot be read: ${code}`, { cause });
    this.name = "CalendarError";
    this.code = code;
    this.retryable = retryable;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * The listing. Tries again what can succeed later: after the function's own Retry-After or, without
 * one, after growing pauses, at random so that a thousand pages do not come back in one moment.
 * @param {string | URL} url of the API, `.../api/calendar`
 * @param {FetchOptions} [options]
 * @returns {Promise<Listing>}
 * @throws {CalendarError}
 */
export async function fetchListing(url, options = {}) {
  const { attempts = 4, fresh = false, signal, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchOnce(url, fresh, signal);
    } catch (error) {
      if (!(error instanceof CalendarError) || !error.retryable || attempt >= attempts) throw error;
      const seconds = (error.retryAfter ?? 0) + Math.random() * 2 ** (attempt - 1);
      if (seconds > LONGEST_PAUSE_SECONDS) throw error;
      onRetry?.(error, seconds);
      await pause(seconds, signal);
    }
  }
}

/**
 * All slots of some days, free or not.
 * @param {Span[]} spans
 * @param {SlotOptions} options
 * @returns {Slot[]} by start
 */
export function slots(spans, options) {
  const { timeZone, from, days = 7, opens = "08:00", closes = "22:00" } = options;
  const { minutes = 60, every = 60, now = new Date(), windowDays = 90 } = options;
  const taken = spans.map((span) => ({ span, ...instants(span) }));
  const known = now.getTime() + windowDays * DAY;
  const found = [];
  for (let day = 0; day < days; day += 1) {
    const date = addDays(from, day);
    for (let at = minuteOf(opens); at + minutes <= minuteOf(closes); at += every) {
      const start = instantOf(date, at, timeZone);
      if (start === null) continue; // clocks skip that time on this day
      const end = start + minutes * MINUTE;
      const inTheWay = taken.filter((each) => each.start < end && start < each.end);
      found.push({
        start: new Date(start),
        end: new Date(end),
        day: date,
        time: clockTime(at),
        state: stateOf(start, end, now.getTime(), known, inTheWay.length > 0),
        spans: inTheWay.map((each) => each.span),
      });
    }
  }
  return found;
}

/**
 * The slots that can be offered. One is taken as soon as any event overlaps it: an event from 17:30
 * to 18:30 takes the hour from 17:00 and the one from 18:00; one that ends at 17:00 takes neither.
 * @param {Span[]} spans
 * @param {SlotOptions} options
 * @returns {Slot[]}
 */
export function freeSlots(spans, options) {
  return slots(spans, options).filter((slot) => slot.state === "free");
}

/**
 * The school's date at an instant, "2031-03-10".
 * @param {Date} instant
 * @param {string} timeZone
 */
export function dayOf(instant, timeZone) {
  const wall = instant.getTime() + offsetAt(instant.getTime(), timeZone);
  return new Date(wall).toISOString().slice(0, 10);
}

/**
 * @param {string} day "2031-03-10"
 * @param {number} days may be negative
 */
export function addDays(day, days) {
  return new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
}

/**
 * @param {number} start
 * @param {number} end
 * @param {number} now
 * @param {number} known
 * @param {boolean} isTaken
 * @returns {Slot["state"]}
 */
function stateOf(start, end, now, known, isTaken) {
  if (start < now) return "past";
  if (isTaken) return "taken";
  return end > known ? "unknown" : "free";
}

/**
 * @param {string | URL} url
 * @param {boolean} fresh
 * @param {AbortSignal} [signal]
 * @returns {Promise<Listing>}
 */
async function fetchOnce(url, fresh, signal) {
  const tooLong = AbortSignal.timeout(ANSWER_MILLISECONDS);
  try {
    const response = await fetch(url, {
      cache: fresh ? "no-cache" : "default",
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, tooLong]) : tooLong,
    });
    if (!response.ok) throw await failure(response);
    return { spans: await response.json(), age: Number(response.headers.get("Age") ?? 0) };
  } catch (error) {
    if (error instanceof CalendarError || signal?.aborted) throw error;
    if (error instanceof SyntaxError) throw new CalendarError("unreadable", true, { cause: error });
    throw new CalendarError("unreachable", true, { cause: error });
  }
}

/**
 * What an answer other than 200 means. `code` and `retryable` are the function's word; what stands
 * in front of it (Cloud Run, a gateway) answers in HTML, and then the status has to do.
 * @param {Response} response
 */
async function failure(response) {
  const { status } = response;
  const header = response.headers.get("Retry-After");
  const retryAfter = /^\d+$/.test(header ?? "") ? Number(header) : undefined;
  const body = await response.json().catch(() => null);
  if (typeof body?.code === "string") {
    return new CalendarError(body.code, body.retryable === true, { status, retryAfter });
  }
  return new CalendarError("unreadable", status === 429 || status >= 500, { status, retryAfter });
}

/**
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
    return undefined;
  });
}

/** @param {Span} span */
function instants(span) {
  return { start: Date.parse(span.start.dateTime), end: Date.parse(span.end.dateTime) };
}

/** @param {string} time "17:30" */
function minuteOf(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** @param {number} minutes since midnight */
function clockTime(minutes) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * The instant at which clocks of the zone show a time, null if they skip it.
 * @param {string} day
 * @param {number} minutes
 * @param {string} timeZone
 */
function instantOf(day, minutes, timeZone) {
  const wall = Date.parse(day) + minutes * MINUTE;
  const guess = wall - offsetAt(wall, timeZone);
  const instant = wall - offsetAt(guess, timeZone);
  return instant + offsetAt(instant, timeZone) === wall ? instant : null;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/**
 * Milliseconds that clocks of the zone are ahead of UTC at an instant.
 * @param {number} instant
 * @param {string} timeZone
 */
function offsetAt(instant, timeZone) {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone,
      timeZoneName: "longOffset",
    });
    clocks.set(timeZone, clock);
  }
  const name = clock.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value;
  const [, sign, hours, minutes] = /([+-])(\d+):(\d+)/.exec(name ?? "") ?? ["", "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE;
}
