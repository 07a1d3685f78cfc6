/** Answers each line, `[spans, options]`, with the slots of calendar.js; see test_calendar_js.py. */

import { createInterface } from "node:readline";

import { slots } from "../infra/examples/web/calendar.js";

for await (const line of createInterface({ input: process.stdin })) {
  const [spans, { now, mine, ...options }] = JSON.parse(line);
  const holds = mine.map(([start, end]) => ({ start: new Date(start), end: new Date(end) }));
  const found = slots(spans, { ...options, now: new Date(now), mine: holds });
  const told = found.map((slot) => ({
    ...slot,
    start: slot.start.getTime(),
    end: slot.end.getTime(),
    spans: slot.spans.map((span) => spans.indexOf(span)),
  }));
  console.log(JSON.stringify(told));
}
