/** calendar.js in Node.js, against a real server; run by test_calendar_js.py. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";

import {
  CalendarError,
  addDays,
  dayOf,
  fetchListing,
  freeSlots,
  slots,
} from "../infra/examples/web/calendar.js";

const HERE = "America/Argentina/Buenos_Aires";
const SPAN = span("2031-03-14T17:30:00-03:00", "2031-03-14T18:30:00-03:00");
const BEFORE = new Date("2031-03-01T00:00:00Z");

function span(start, end) {
  return { start: { dateTime: start }, end: { dateTime: end }, status: "confirmed" };
}

function times(spans, options = {}) {
  const usual = { timeZone: HERE, from: "2031-03-14", days: 1, opens: "16:00", closes: "20:00" };
  return freeSlots(spans, { ...usual, now: BEFORE, ...options }).map((slot) => slot.time);
}

// --- Which hours are free ------------------------------------------------------------------------

test("an event takes every hour that it overlaps", () => {
  assert.deepEqual(times([SPAN]), ["16:00", "19:00"]);
});

test("an event takes neither the hour that ends when it begins nor the one after it", () => {
  assert.deepEqual(times([span("2031-03-14T17:00:00-03:00", "2031-03-14T18:00:00-03:00")]), [
    "16:00",
    "18:00",
    "19:00",
  ]);
});

test("an event of a minute, and one of many days, take what they overlap", () => {
  const short = span("2031-03-14T18:59:00-03:00", "2031-03-14T19:00:00-03:00");
  assert.deepEqual(times([short]), ["16:00", "17:00", "19:00"]);
  const long = span("2031-03-10T00:00:00-03:00", "2031-03-14T16:30:00-03:00");
  assert.deepEqual(times([long]), ["17:00", "18:00", "19:00"]);
});

test("an event of no length takes the slot it stands in, wherever in it", () => {
  const taken = (...at) => times(at.map((time) => span(`2031-03-14T${time}-03:00`, `2031-03-14T${time}-03:00`)));
  assert.deepEqual(taken("17:00:00"), ["16:00", "18:00", "19:00"]);
  assert.deepEqual(taken("17:59:59"), ["16:00", "18:00", "19:00"]);
  const backwards = span("2031-03-14T17:30:00-03:00", "2031-03-14T16:30:00-03:00");
  assert.deepEqual(times([backwards]), ["16:00", "18:00", "19:00"]);
});

test("a time that cannot be read is taken", () => {
  const good = "2031-03-14T18:30:00-03:00";
  // The last ones are dates to Date.parse, but of another day or in the visitor's zone.
  const bad = ["", "soon", "1900-01-01T00:00:00-04:16:48", "10000-01-01T00:00:00Z", "room 5", "2001", "2031-03-14T18:30:00"];
  for (const time of bad) {
    assert.deepEqual(times([span(good, time)]), ["16:00", "17:00"], time);
    assert.deepEqual(times([span(time, good)]), [], time);
  }
});

test("options that make no sense are refused", () => {
  const numbers = ["every", "minutes", "days", "windowDays"];
  const wrong = numbers.flatMap((name) => [0, -60, NaN, Infinity].map((value) => ({ [name]: value })));
  const fewer = ["bufferMinutes", "noticeMinutes"];
  wrong.push(...fewer.flatMap((name) => [-1, NaN, Infinity, "soon"].map((value) => ({ [name]: value }))));
  const others = [{ opens: "8 am" }, { closes: "" }, { from: "soon" }, { now: new Date(NaN) }, { clockOffset: NaN }];
  others.push({ opens: "8:60" }, { opens: "18:00", closes: "17:00" });
  const morning = { opens: "09:00", closes: "12:00" };
  const days = [[{}], [{ opens: "12:00", closes: "09:00" }], [morning, morning]];
  days.push([morning, { opens: "08:00", closes: "08:30" }], [{ ...morning, closes: "noon" }]);
  others.push({ hours: { monday: [morning] } }, ...days.map((sat) => ({ hours: { sat } })));
  const holds = [{}, { start: BEFORE }, { start: BEFORE, end: BEFORE }, { start: BEFORE, end: new Date(NaN) }];
  holds.push({ start: TENTATIVE.start.dateTime, end: TENTATIVE.end.dateTime });
  others.push(...holds.map((hold) => ({ mine: [hold] })));
  for (const option of [...wrong, ...others]) {
    assert.throws(() => times([], option), RangeError, JSON.stringify(option));
  }
});

test("a day has the hours of its weekday, in several spans or none", () => {
  // 14 March 2031 is a Friday.
  const hours = {
    fri: [
      { opens: "09:00", closes: "11:30" },
      { opens: "16:15", closes: "18:15" },
    ],
    sun: [{ opens: "10:00", closes: "11:00" }],
    mon: undefined,
  };
  const found = slots([], { timeZone: HERE, from: "2031-03-14", days: 8, now: BEFORE, hours });
  const friday = ["09:00", "10:00", "16:15", "17:15"];
  assert.deepEqual(
    found.map((slot) => `${slot.day} ${slot.time}`),
    [
      ...friday.map((time) => `2031-03-14 ${time}`),
      "2031-03-16 10:00",
      ...friday.map((time) => `2031-03-21 ${time}`),
    ],
  );
  assert.deepEqual(times([], { hours: {} }), []);
});

test("hours that touch are two openings, and a slot lies within one", () => {
  const hours = { fri: [{ opens: "09:00", closes: "10:30" }, { opens: "10:30", closes: "12:00" }] };
  assert.deepEqual(times([], { hours }), ["09:00", "10:30"]);
});

test("what leaves too little between a slot and its neighbours is taken", () => {
  const before = span("2031-03-14T16:00:00-03:00", "2031-03-14T17:00:00-03:00");
  const later = span("2031-03-14T19:10:00-03:00", "2031-03-14T19:20:00-03:00");
  const options = { minutes: 60, every: 30, closes: "19:00", opens: "17:00" };
  assert.deepEqual(times([before, later], options), ["17:00", "17:30", "18:00"]);
  assert.deepEqual(times([before, later], { ...options, bufferMinutes: 10 }), ["17:30", "18:00"]);
  assert.deepEqual(times([before, later], { ...options, bufferMinutes: 11 }), ["17:30"]);
  const [first] = slots([before], { ...options, timeZone: HERE, from: "2031-03-14", now: BEFORE, bufferMinutes: 1 });
  assert.deepEqual([first.state, first.spans], ["taken", []]);
});

test("a neighbour that the listing does not cover may come too close", () => {
  const now = new Date("2031-03-13T18:00:00-03:00");
  assert.deepEqual(times([], { now, windowDays: 1 }), ["16:00", "17:00"]);
  assert.deepEqual(times([], { now, windowDays: 1, bufferMinutes: 1 }), ["16:00"]);
});

test("what begins within the notice cannot be had", () => {
  const now = new Date("2031-03-14T15:30:00-03:00");
  const states = (noticeMinutes, spans = []) =>
    slots(spans, { timeZone: HERE, from: "2031-03-14", days: 1, opens: "15:00", closes: "19:00", now, noticeMinutes })
      .map((slot) => slot.state);
  assert.deepEqual(states(0), ["past", "free", "free", "free"]);
  assert.deepEqual(states(90), ["past", "soon", "free", "free"]);
  assert.deepEqual(states(90.1), ["past", "soon", "soon", "free"]);
  const taken = span("2031-03-14T16:00:00-03:00", "2031-03-14T17:00:00-03:00");
  assert.deepEqual(states(90, [taken]), ["past", "taken", "free", "free"]);
});

const HELD = { start: new Date("2031-03-14T20:00:00Z"), end: new Date("2031-03-14T21:00:00Z") };
const TENTATIVE = { ...span("2031-03-14T17:00:00-03:00", "2031-03-14T18:00:00-03:00"), status: "tentative" };

function states(spans, options = {}) {
  const usual = { timeZone: HERE, from: "2031-03-14", days: 1, opens: "16:00", closes: "19:00" };
  return slots(spans, { ...usual, now: BEFORE, ...options }).map((slot) => slot.state);
}

test("the visitor's own hold is theirs, whether it is listed already or not", () => {
  const mine = [HELD];
  assert.deepEqual(states([TENTATIVE]), ["free", "taken", "free"]);
  assert.deepEqual(states([TENTATIVE], { mine }), ["free", "mine", "free"]);
  assert.deepEqual(states([], { mine }), ["free", "mine", "free"]);
  assert.deepEqual(times([TENTATIVE], { mine }), ["16:00", "18:00", "19:00"]);
  const [, own] = slots([TENTATIVE], { timeZone: HERE, from: "2031-03-14", opens: "16:00", now: BEFORE, mine });
  assert.deepEqual(own.spans, [TENTATIVE]);
});

test("what only resembles the visitor's own hold is somebody else's", () => {
  const mine = [HELD];
  const confirmed = { ...TENTATIVE, status: "confirmed" };
  const longer = { ...TENTATIVE, end: { dateTime: "2031-03-14T18:00:01-03:00" } };
  for (const others of [[confirmed], [longer], [TENTATIVE, TENTATIVE], [TENTATIVE, confirmed]]) {
    assert.equal(states(others, { mine })[1], "taken", JSON.stringify(others));
  }
  assert.equal(states([TENTATIVE, TENTATIVE], { mine: [HELD, HELD] })[1], "mine");
});

test("the visitor's own hold takes what it overlaps and what comes too close to it", () => {
  const mine = [HELD];
  assert.deepEqual(states([TENTATIVE], { mine, every: 30 }), ["free", "mine", "mine", "mine", "free"]);
  assert.deepEqual(states([TENTATIVE], { mine, bufferMinutes: 5 }), ["taken", "mine", "taken"]);
  const next = span("2031-03-14T18:00:00-03:00", "2031-03-14T19:00:00-03:00");
  assert.deepEqual(states([TENTATIVE, next], { mine, bufferMinutes: 5 }), ["taken", "mine", "taken"]);
  const now = new Date("2031-03-14T16:30:00-03:00");
  assert.deepEqual(states([TENTATIVE], { mine, now, noticeMinutes: 600 }), ["past", "mine", "soon"]);
});

test("a zone that is not known is a CalendarError with a text", () => {
  for (const timeZone of ["America/Nowhere", "", undefined, null]) {
    const expected = { name: "CalendarError", code: "unknown_time_zone", retryable: false };
    assert.throws(() => times([], { timeZone }), { ...expected, message: /does not know the time zone/ });
    assert.throws(() => dayOf(BEFORE, timeZone), expected);
  }
});

test("the offset of an event counts, not its clock", () => {
  assert.deepEqual(times([span("2031-03-14T20:00:00Z", "2031-03-14T21:00:00Z")]), [
    "16:00",
    "18:00",
    "19:00",
  ]);
});

test("longer slots are found, and none beyond closing", () => {
  const found = times([SPAN], { minutes: 90, every: 30 });
  assert.deepEqual(found, ["16:00", "18:30"]);
});

test("what has begun is past, and what the listing does not cover is unknown", () => {
  const now = new Date("2031-03-14T17:30:00-03:00");
  const usual = { timeZone: HERE, from: "2031-03-14", opens: "17:00", closes: "19:00", now };
  const states = slots([], { ...usual, days: 3, windowDays: 2 }).map((slot) => slot.state);
  assert.deepEqual(states, ["past", "free", "free", "free", "unknown", "unknown"]);
});

test("slots are past by the function's clock", () => {
  const now = new Date("2031-03-14T17:30:00-03:00");
  assert.deepEqual(times([], { now }), ["18:00", "19:00"]);
  assert.deepEqual(times([], { now, clockOffset: 60 * 60_000 }), ["19:00"]);
  assert.deepEqual(times([], { now, clockOffset: -24 * 60 * 60_000 }).length, 4);
});

test("hours are those of the school's clocks, also where these are put forward and back", () => {
  const options = { timeZone: "America/Santiago", days: 1, now: BEFORE, opens: "00:00", closes: "03:00" };
  const starts = (from) => slots([], { ...options, from }).map((slot) => slot.start.toISOString());
  assert.deepEqual(starts("2031-04-05"), [
    "2031-04-05T03:00:00.000Z",
    "2031-04-05T04:00:00.000Z",
    "2031-04-05T05:00:00.000Z",
  ]);
  assert.deepEqual(starts("2031-09-07"), ["2031-09-07T04:00:00.000Z", "2031-09-07T05:00:00.000Z"]);
});

test("minutes between classes are those that pass, also where clocks are put forward", () => {
  // In Santiago it is 23:59 on Saturday the 6th, then 01:00 on Sunday: 15 minutes, not 75.
  const options = { timeZone: "America/Santiago", from: "2031-09-06", now: new Date("2031-09-01T00:00:00Z") };
  const hours = { sun: [{ opens: "00:00", closes: "03:00" }], sat: [] };
  const late = span("2031-09-06T23:00:00-04:00", "2031-09-06T23:45:00-04:00");
  const free = (bufferMinutes) => freeSlots([late], { ...options, days: 2, hours, bufferMinutes });
  assert.deepEqual(free(15).map((slot) => slot.time), ["01:00", "02:00"]);
  assert.deepEqual(free(16).map((slot) => slot.time), ["02:00"]);
  const own = { ...span("2031-09-07T01:00:00-03:00", "2031-09-07T05:00:00Z"), status: "tentative" };
  const mine = [freeSlots([], { ...options, hours })[0]];
  assert.deepEqual(slots([own], { ...options, hours, mine }).map((slot) => slot.state), ["mine", "free"]);
});

test("a slot names the day and the events that take it", () => {
  const [taken] = slots([SPAN], { timeZone: HERE, from: "2031-03-14", opens: "17:00", now: BEFORE });
  assert.equal(taken.day, "2031-03-14");
  assert.equal(taken.start.toISOString(), "2031-03-14T20:00:00.000Z");
  assert.equal(taken.end.toISOString(), "2031-03-14T21:00:00.000Z");
  assert.deepEqual(taken.spans, [SPAN]);
});

test("days are counted by the school's calendar", () => {
  assert.equal(dayOf(new Date("2031-03-01T02:59:00Z"), HERE), "2031-02-28");
  assert.equal(addDays("2031-02-28", 1), "2031-03-01");
  assert.equal(addDays("2031-03-01", -1), "2031-02-28");
});

// --- How the listing is read ---------------------------------------------------------------------

let answers;
let asked;
const server = createServer((request, response) => {
  asked.push(request.headers);
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer === "silence") return;
  if (answer === "drop") return request.socket.destroy();
  const [status, body, headers = {}] = answer;
  response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
});
let url;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}/api/calendar`;
});
beforeEach(() => {
  [answers, asked] = [[], []];
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const failure = (code, retryable = true) => ({ error: "Failed", code, retryable });

async function failed(options) {
  try {
    await fetchListing(url, options);
  } catch (error) {
    assert.ok(error instanceof CalendarError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}

test("the listing comes with its age", async () => {
  answers = [[200, [SPAN], { Age: "42" }]];
  assert.deepEqual(await fetchListing(url), { spans: [SPAN], age: 42, clockOffset: 0 });
});

test("the Date header tells how far this clock is off", async () => {
  const offset = async (seconds, headers = {}) => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString();
    answers = [[200, [], { Date: date, ...headers }]];
    return Math.round((await fetchListing(url)).clockOffset / 60_000);
  };
  assert.equal(await offset(0), 0);
  assert.equal(await offset(3600), 60);
  assert.equal(await offset(-3600), -60);
  const cached = { "Cache-Control": "public, max-age=600" };
  assert.equal(await offset(-590, cached), 0); // it may be the browser's copy
  assert.equal(await offset(-3600, cached), -60);
  assert.equal(await offset(0, { Date: "soon", Age: "old" }), 0);
});

test("a 200 that is not the listing is unreadable", async () => {
  const time = { dateTime: "2031-03-14T18:30:00-03:00" };
  const bodies = [null, {}, { error: "x" }, "text", 5, [null], [1], [{}], [{ start: time }]];
  bodies.push([{ start: time, end: { date: "2031-03-14" } }], [SPAN, { start: null, end: time }]);
  for (const body of bodies) {
    answers = [[200, JSON.stringify(body)]];
    const error = await failed({ attempts: 1 });
    assert.deepEqual([error.code, error.retryable], ["unreadable", true], JSON.stringify(body));
  }
});

test("a browser without AbortSignal.any and .timeout reads the listing, too", async () => {
  answers = [[200, [SPAN]], "silence"];
  const module = new URL("../infra/examples/web/calendar.js", import.meta.url);
  const program = `
    delete AbortSignal.any, delete AbortSignal.timeout;
    const { fetchListing } = await import("${module}");
    const controller = new AbortController();
    const { signal } = controller;
    console.log((await fetchListing("${url}", { signal })).spans.length);
    setTimeout(() => controller.abort(), 50);
    await fetchListing("${url}", { signal }).catch((error) => console.log(error.name));`;
  const node = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  assert.equal((await node).stdout, "1\nAbortError\n");
});

test("what can succeed later is tried again after the pause that the function asks for", async () => {
  answers = [[503, failure("calendar_unavailable"), { "Retry-After": "1" }], [200, []]];
  const told = [];
  const started = Date.now();
  await fetchListing(url, { onRetry: (error, seconds) => told.push([error.code, seconds]) });
  assert.ok(Date.now() - started >= 1000);
  assert.equal(asked.length, 2);
  assert.equal(told[0][0], "calendar_unavailable");
  assert.ok(told[0][1] >= 1 && told[0][1] < 2);
});

test("a dropped connection is tried again", async () => {
  answers = ["drop", [200, []]];
  assert.deepEqual((await fetchListing(url)).spans, []);
});

test("no more often than told", async () => {
  answers = ["drop"];
  const error = await failed({ attempts: 2 });
  assert.equal(error.code, "unreachable");
  assert.equal(asked.length, 2);
});

test("what cannot succeed is not tried again", async () => {
  answers = [[400, failure("invalid_request", false)]];
  const error = await failed();
  assert.deepEqual([error.code, error.status, error.retryable], ["invalid_request", 400, false]);
  assert.equal(asked.length, 1);
});

test("a pause that is too long is the page's to decide", async () => {
  answers = [[503, failure("calendar_unavailable"), { "Retry-After": "3600" }]];
  const error = await failed();
  assert.equal(error.retryAfter, 3600);
  assert.equal(asked.length, 1);
});

test("a page of HTML in the function's stead", async () => {
  answers = [[502, "<html>Bad Gateway</html>"]];
  let error = await failed({ attempts: 1 });
  assert.deepEqual([error.code, error.status, error.retryable], ["unreadable", 502, true]);
  answers = [[403, "<html>Forbidden</html>"]];
  error = await failed();
  assert.deepEqual([error.code, error.retryable], ["unreadable", false]);
  answers = [[200, "<html>Welcome to this hotel</html>"]];
  error = await failed({ attempts: 1 });
  assert.equal(error.code, "unreadable");
});

test("a signal ends the asking and the pause", async () => {
  answers = ["silence"];
  await assert.rejects(fetchListing(url, { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
  answers = [[503, failure("calendar_unavailable"), { "Retry-After": "20" }]];
  const controller = new AbortController();
  const onRetry = () => setTimeout(() => controller.abort(), 10);
  await assert.rejects(fetchListing(url, { signal: controller.signal, onRetry }), { name: "AbortError" });
});
