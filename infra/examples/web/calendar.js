/**
 * The school's calendar for a web page: reads `GET /api/calendar` and works out which hours are free.
 * What cannot be read is never free. Runs in browsers since 2022 and in Node.js 20, without
 * dependencies.
 */

/**
 * A span of time that is taken, as listed.
 * @typedef {object} Span
 * @property {{dateTime: string}} start RFC 3339 with the offset of the school
 * @property {{dateTime: string}} end
 * @property {"confirmed" | "tentative"} status
 */

/**
 * @typedef {object} Listing
 * @property {Span[]} spans by start
 * @property {number} age seconds since the function read the calendar; it may be minutes while
 *   Google is down
 * @property {number} clockOffset milliseconds to add to this device's clock to get the function's;
 *   0 if this clock is right, or if there is no `Date` header to tell
 */

/**
 * @typedef {object} FetchOptions
 * @property {number} [attempts] 4; 1 never tries again
 * @property {boolean} [fresh] ask the function even if the browser's copy is young enough. Either
 *   way the browser sends the copy's ETag by itself, and an unchanged listing costs a 304
 * @property {AbortSignal} [signal] ends the request and the pauses
 * @property {(error: CalendarError, seconds: number) => void} [onRetry] called before each pause
 */

/** @typedef {"sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat"} Weekday */

/** @typedef {{opens: string, closes: string}} Opening "08:00" to "22:00"; nothing ends later */

/**
 * @typedef {object} SlotOptions
 * @property {string} timeZone of the school, as in `TIME_ZONE`: "America/Argentina/Buenos_Aires"
 * @property {string} from first day, "2031-03-10"
 * @property {number} [days] 7
 * @property {string} [opens] of every day, "08:00"
 * @property {string} [closes] of every day, "22:00"; nothing ends later
 * @property {Partial<Record<Weekday, Opening[]>>} [hours] in place of `opens` and `closes`: when the
 *   school is open on each weekday, in order; `{mon: [{opens: "09:00", closes: "12:00"}]}` is open
 *   on Monday mornings alone
 * @property {number} [minutes] length of a slot, 60
 * @property {number} [every] minutes from the start of one to the start of the next, 60; counted
 *   from each opening
 * @property {number} [bufferMinutes] that stay free between a slot and whatever is before or after
 *   it, 0
 * @property {number} [noticeMinutes] from now to the first slot that can still be had, 0
 * @property {{start: Date, end: Date}[]} [mine] what this visitor holds. Each is a `tentative` span of
 *   the listing, at exactly these hours, that does not count as somebody else's
 * @property {Date} [now] by this device's clock
 * @property {number} [clockOffset] the listing's: without it, slots are past by this device's clock,
 *   which may be wrong
 * @property {number} [windowDays] the function's `EVENTS_WINDOW_DAYS`, 90. Nothing that starts later
 *   is listed, so nothing there may look free
 */

/**
 * @typedef {object} Slot
 * @property {Date} start
 * @property {Date} end
 * @property {string} day "2031-03-10", at the school
 * @property {string} time "17:00", at the school
 * @property {"free" | "mine" | "taken" | "soon" | "past" | "unknown"} state taken: something overlaps
 *   it or comes closer than `bufferMinutes`; mine: only the visitor's own hold overlaps it; soon: it
 *   begins within `noticeMinutes`
 * @property {Span[]} spans those that overlap it
 */

const ANSWER_MILLISECONDS = 12_000; // above the function's LIST_BUDGET_SECONDS
const LONGEST_PAUSE_SECONDS = 30;
const CLOCK_TOLERANCE = 5_000; // a Date header is in whole seconds, and the answer takes a while
// Date.parse reads nearly anything ("room 5" is a day of May 2001), and a time without an offset as
// the visitor's.
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
/** @type {Weekday[]} */
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Why there is no listing, or no slots. */
export class CalendarError extends Error {
  /**
   * @param {string} code from the README's error table; "unreachable" if there was no answer that
   *   a page may read (offline, too slow, or its origin is not in ALLOWED_ORIGINS); "unreadable" if
   *   the answer is not the function's; "unknown_time_zone"
   * @param {boolean} retryable whether the same request can succeed later
   * @param {{status?: number, retryAfter?: number, cause?: unknown, text?: string}} [details]
   *   `retryAfter`: the seconds that the function asks to wait
   */
  constructor(code, retryable, { status, retryAfter, cause, text } = {}) {
    super(text ?? `The calendar cannot be read: ${code}`, { cause });
    this.name = "CalendarError";
    this.code = code;
    this.retryable = retryable;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * The listing. Retries what can succeed later, after the function's Retry-After plus a random and
 * growing pause, so that a thousand pages do not come back at the same moment.
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
 * @throws {CalendarError} if this browser does not know the time zone
 * @throws {RangeError} if an option makes no sense
 */
export function slots(spans, options) {
  const { timeZone, from, days = 7, minutes = 60, every = 60, mine = [] } = options;
  const { bufferMinutes = 0, noticeMinutes = 0, windowDays = 90 } = options;
  const { now = new Date(), clockOffset = 0 } = options;
  requireAtLeast(1, { days, minutes, every, windowDays });
  requireAtLeast(0, { bufferMinutes, noticeMinutes });
  const present = finite(now.getTime() + clockOffset);
  const openings = openingsByWeekday(options);
  const listed = spans.map((span) => ({ span, ...instants(span) }));
  const holds = mine.map(holdInstants);
  const surroundings = {
    holds,
    others: withoutHolds(listed, holds),
    buffer: bufferMinutes * MINUTE,
    now: present,
    bookable: present + noticeMinutes * MINUTE,
    known: present + windowDays * DAY,
  };
  const found = [];
  for (let day = 0; day < days; day += 1) {
    const date = addDays(from, day);
    for (const at of startsOn(date, openings, minutes, every)) {
      const start = instantOf(date, at, timeZone);
      if (start === null) continue; // clocks skip that time on this day
      const end = start + minutes * MINUTE;
      found.push({
        start: new Date(start),
        end: new Date(end),
        day: date,
        time: clockTime(at),
        state: stateOf(start, end, surroundings),
        spans: listed.filter((each) => overlaps(each, start, end)).map(({ span }) => span),
      });
    }
  }
  return found;
}

/**
 * The slots that can be offered. One is taken if any event overlaps it: an event from 17:30 to
 * 18:30 takes the hour from 17:00 and the one from 18:00; one that ends at 17:00 takes neither, and
 * one of no length the slot it stands in.
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
 * Milliseconds since the epoch.
 * @typedef {{start: number, end: number}} Instants its end may be its start, or even lie before it
 */

/**
 * @param {number} start
 * @param {number} end
 * @param {object} surroundings
 * @param {Instants[]} surroundings.holds the visitor's own
 * @param {Instants[]} surroundings.others
 * @param {number} surroundings.buffer milliseconds
 * @param {number} surroundings.now
 * @param {number} surroundings.bookable nothing that begins earlier can be had
 * @param {number} surroundings.known nothing that begins later is listed
 * @returns {Slot["state"]}
 */
function stateOf(start, end, { holds, others, buffer, now, bookable, known }) {
  const isOverlapped = (/** @type {Instants[]} */ by, margin = 0) =>
    by.some((each) => overlaps(each, start - margin, end + margin));
  if (start < now) return "past";
  if (isOverlapped(others)) return "taken";
  if (isOverlapped(holds)) return "mine";
  if (isOverlapped([...others, ...holds], buffer)) return "taken";
  if (start < bookable) return "soon";
  return end + buffer > known ? "unknown" : "free";
}

/**
 * What is left of the listing when each hold has taken its own span out of it. Two that are alike are
 * two people's, and only one of them is the visitor.
 * @param {(Instants & {span: Span})[]} listed
 * @param {Instants[]} holds
 */
function withoutHolds(listed, holds) {
  const others = [...listed];
  for (const { start, end } of holds) {
    const own = others.findIndex(
      (each) => each.span.status === "tentative" && each.start === start && each.end === end,
    );
    if (own >= 0) others.splice(own, 1);
  }
  return others;
}

/** @param {{start: Date, end: Date}} hold */
function holdInstants(hold) {
  const [start, end] = [Number(hold.start), Number(hold.end)];
  if (start < end) return { start, end };
  throw new RangeError(`mine has start and end, dates in that order: ${JSON.stringify(hold)}`);
}

/**
 * @param {string | URL} url
 * @param {boolean} fresh
 * @param {AbortSignal} [signal]
 * @returns {Promise<Listing>}
 */
async function fetchOnce(url, fresh, signal) {
  // AbortSignal.any and .timeout would do, where browsers have them.
  const request = new AbortController();
  const stop = () => request.abort(signal?.reason);
  const timer = setTimeout(() => request.abort(), ANSWER_MILLISECONDS);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const response = await fetch(url, {
      cache: fresh ? "no-cache" : "default",
      credentials: "omit",
      signal: request.signal,
    });
    if (!response.ok) throw await failure(response);
    const { headers } = response;
    const age = Number(headers.get("Age")) || 0;
    return { spans: spansIn(await response.json()), age, clockOffset: clockOffset(headers) };
  } catch (error) {
    if (error instanceof CalendarError || signal?.aborted) throw error;
    if (error instanceof SyntaxError) throw new CalendarError("unreadable", true, { cause: error });
    throw new CalendarError("unreachable", true, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * What a 200 says, if it is the listing: a gateway or a hotel's network may answer in its place.
 * @param {any} body
 * @returns {Span[]}
 */
function spansIn(body) {
  const isTime = (/** @type {any} */ time) => typeof time?.dateTime === "string";
  if (Array.isArray(body) && body.every((each) => isTime(each?.start) && isTime(each?.end))) {
    return body;
  }
  throw new CalendarError("unreadable", true, { status: 200 });
}

/**
 * A copy from the browser's cache bears the Date of its first answer, up to `max-age` ago: a clock
 * that is no further ahead is taken to be right.
 * @param {Headers} headers
 */
function clockOffset(headers) {
  const ahead = Date.now() - Date.parse(headers.get("Date") ?? "");
  const [, maxAge = "0"] = /max-age=(\d+)/.exec(headers.get("Cache-Control") ?? "") ?? [];
  const isRight = ahead > -CLOCK_TOLERANCE && ahead < Number(maxAge) * 1000 + CLOCK_TOLERANCE;
  return isRight || Number.isNaN(ahead) ? 0 : -ahead;
}

/**
 * What an answer other than 200 means: the function says `code` and `retryable`. What stands in
 * front of it (Cloud Run, a gateway) answers in HTML, so that only the status is known.
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

/**
 * From when to when a span takes time. Without a readable start it is everything, without a readable
 * end everything from its start on.
 * @param {Span} span
 */
function instants(span) {
  const start = parsed(span.start.dateTime);
  const end = parsed(span.end.dateTime);
  if (Number.isNaN(start)) return { start: -Infinity, end: Infinity };
  return { start, end: Number.isNaN(end) ? Infinity : end };
}

/** @param {string} time milliseconds, NaN if it is not RFC 3339 */
function parsed(time) {
  return RFC_3339.test(time) ? Date.parse(time) : NaN;
}

/**
 * @param {Instants} span
 * @param {number} start
 * @param {number} end
 */
function overlaps(span, start, end) {
  return span.start < end && (start < span.end || start <= span.start);
}

/**
 * @param {number} least
 * @param {Record<string, number>} options
 */
function requireAtLeast(least, options) {
  for (const [name, value] of Object.entries(options)) {
    if (value >= least && value < Infinity) continue;
    throw new RangeError(`${name} is not ${least} or more: ${value}`);
  }
}

/** @param {number} milliseconds */
function finite(milliseconds) {
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new RangeError("now and clockOffset must be a date and a number");
}

/**
 * When the school opens and closes, in minutes since midnight, on each weekday that it does.
 * @param {SlotOptions} options
 * @returns {Map<string, {first: number, last: number}[]>}
 */
function openingsByWeekday({ opens = "08:00", closes = "22:00", hours }) {
  const everyDay = WEEKDAYS.map((weekday) => [weekday, [{ opens, closes }]]);
  const given = Object.entries(hours ?? Object.fromEntries(everyDay));
  return new Map(given.map(([weekday, openings]) => [weekday, openingsOf(weekday, openings)]));
}

/**
 * @param {string} weekday
 * @param {Opening[]} [openings]
 */
function openingsOf(weekday, openings = []) {
  if (!WEEKDAYS.some((known) => known === weekday)) {
    throw new RangeError(`hours are by weekday, ${WEEKDAYS.join(", ")}: ${weekday}`);
  }
  let closed = 0;
  return openings.map(({ opens, closes }) => {
    const [first, last] = [minuteOf(opens), minuteOf(closes)];
    if (first < closed || last < first) {
      throw new RangeError(`the hours of a day are in order: ${opens} to ${closes} on ${weekday}`);
    }
    closed = last;
    return { first, last };
  });
}

/**
 * When slots begin on a day, in minutes since midnight.
 * @param {string} date
 * @param {ReturnType<typeof openingsByWeekday>} openings
 * @param {number} minutes
 * @param {number} every
 */
function* startsOn(date, openings, minutes, every) {
  const ofDay = openings.get(WEEKDAYS[new Date(date).getUTCDay()]) ?? [];
  for (const { first, last } of ofDay) {
    for (let at = first; at <= last - minutes; at += every) yield at;
  }
}

/** @param {string} time "17:30" */
function minuteOf(time) {
  const [, hours, minutes] = /^(\d\d?):([0-5]\d)$/.exec(time) ?? [];
  if (minutes === undefined) throw new RangeError(`opens and closes are like "08:00": ${time}`);
  return Number(hours) * 60 + Number(minutes);
}

/** @param {number} minutes since midnight */
function clockTime(minutes) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * The instant at which clocks in the zone show a time, null if they skip it.
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
 * @param {string} timeZone
 * @returns {Intl.DateTimeFormat}
 */
function clockOf(timeZone) {
  const known = clocks.get(timeZone);
  if (known) return known;
  try {
    if (!timeZone) throw new RangeError("no time zone"); // Intl would take the visitor's
    const clock = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    clocks.set(timeZone, clock);
    return clock;
  } catch (cause) {
    const text = `This browser does not know the time zone ${JSON.stringify(timeZone)}`;
    throw new CalendarError("unknown_time_zone", false, { cause, text });
  }
}

/**
 * Milliseconds that clocks in the zone are ahead of UTC at an instant.
 * @param {number} instant
 * @param {string} timeZone
 */
function offsetAt(instant, timeZone) {
  const clock = clockOf(timeZone);
  const name = clock.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value;
  const [, sign, hours, minutes] = /([+-])(\d+):(\d+)/.exec(name ?? "") ?? ["", "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE;
}
