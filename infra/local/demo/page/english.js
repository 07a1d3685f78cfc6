/** What the local page says with `?lang=en`. */

/** @type {typeof import("./spanish.js").spanish} */
export const english = {
  locale: "en-GB",
  otherLanguage: { name: "Español", query: "?" },
  page: {
    title: "Class calendar",
    refresh: "Refresh",
    "previous-label": "Previous week",
    today: "Today",
    "next-label": "Next week",
    hint: "Choose a free hour to reserve it.",
    "legend-label": "Key",
    free: "Free",
    busy: "Taken",
    taken: "Hour taken in part",
    tentative: "Tentative",
    mine: "Held for you",
    ours: "Booked class",
    classes: "Classes",
    workshop: "Behind the page",
    "start-over": "Start over",
    fault: "Fault to play",
    back: "Back",
    "close-label": "Close the message",
    lost: "The local server does not answer: infra/local.sh starts it.",
    retry: "Try again",
  },
  zone: (place) => `Times of ${place}`,
  span: (start, end) => `${start} to ${end}`,
  week: {
    caption: "Free and taken hours. The arrow keys move from one free hour to another.",
    reserve: "Reserve",
    hold: (when) => `Reserve: ${when}`,
    states: {
      free: "Free",
      mine: "Held for you",
      taken: "Taken",
      soon: "Too soon",
      past: "Past",
      unknown: "Unknown",
    },
    allDay: "All day",
    mine: "For you",
    tentative: "Tentative",
    busy: "Taken",
    told: (hours, allDay, ours, tentative) =>
      `${ours ? "booked class " : ""}${allDay ? "all day" : `from ${hours}`}${tentative ? ", tentative" : ""}`,
  },
  classes: {
    kinds: { individual: "Individual class", grupal: "Group class" },
    states: {
      held: "Held",
      pending: "Pending",
      scheduled: "Booked",
      completed: "Completed",
      cancelled: "Cancelled",
    },
    linkIsComing: "The Meet link is on its way.",
    pay: "Simulate the payment",
    again: "Repeat the notice",
    move: "Move",
    cancel: "Cancel",
  },
  group: {
    heading: (students, seats) =>
      `Students (${seats ? `${students} of ${seats}` : students}) and Google's mail`,
    unmailed: "No mail",
    removed: "No longer in the class",
  },
  adder: {
    title: "Add a student",
    address: "The student's e-mail",
    confirm: "Add",
  },
  remover: {
    title: "Remove a student",
    address: "Student",
    confirm: "Remove",
  },
  holder: {
    title: "Reserve this hour?",
    text: (day, hours) => `${day}, ${hours}. It is held for you while you pay.`,
    address: "Your e-mail",
    confirm: "Reserve",
  },
  holds: {
    left: "Time left to pay:",
    spoken: (seconds) =>
      seconds < 60
        ? `Less than ${seconds} seconds left to pay.`
        : `Less than ${seconds > 60 ? `${seconds / 60} minutes` : "a minute"} left to pay.`,
    pay: "Pay",
    release: "Give it up",
    holding: "Reserving…",
    yours: (time) => `The hour is yours until ${time}; it is still to be paid.`,
    ranOut: "The time to pay is over: the hour is free again.",
    released: "The hour is free again.",
    refusals: {
      hour_taken: "Somebody else has just taken that hour: please choose another.",
      too_many_holds: "You already hold two hours: pay for one or give it up.",
      try_again: "Many are reserving at the same time. Try again.",
    },
  },
  mover: {
    title: "Move the class",
    now: (title, when) => `${title}: now ${when}`,
    day: "New day",
    time: "New time",
    nothing: "There is no free time in the next two weeks.",
    confirm: "Move",
  },
  canceller: {
    title: "Cancel the class?",
    text: (title, when, students) =>
      `${title}, ${when}. Its event is deleted and Google tells the ${students > 1 ? "students" : "student"}.`,
    confirm: "Cancel the class",
  },
  reading: "Reading…",
  readAt: (time) => `Read at ${time}`,
  oldSince: (time, seconds) =>
    `As of ${time}, ${seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago`,
  retrying: (why, seconds) => `${why} Trying again in ${seconds} s.`,
  unlisted: (code) =>
    ({
      unreachable: "The calendar cannot be read from this page.",
      invalid_request: "The page asked for something that the calendar does not understand.",
    })[code] ?? "The calendar does not answer.",
  telling: "Telling…",
  preparing: "Preparing…",
  newToken: "Authorising again: the functions look for a new secret every 5 s…",
  startingOver: "Starting over…",
  failed: (why) => `The local server could not do it: ${why}`,
  unchanged: "The class was booked already: nothing has changed.",
  followed: (mails) =>
    `The event follows the class: Google tells the ${mails > 1 ? "students" : "student"}.`,
  booked: (mails) => `Class booked: Google sends the ${mails > 1 ? "invitations" : "invitation"}.`,
  added: "Student added: Google sends the invitation.",
  removed: "Student removed: Google sends the cancellation.",
  linked: "Class booked, with its Meet link.",
  withdrawn: "Class cancelled: its event is gone from the calendar.",
  notBooked: "The class is cancelled: it is not booked.",
  trouble: (code) =>
    ({
      calendar_unavailable: "Google Calendar does not answer.",
      reauthorization_required: "The school has to authorise access to its calendar again.",
      meet_link_missing: "The time is booked; Google is still making the Meet link.",
      creation_in_progress: "Another notice is booking this class already.",
      store_unavailable: "The database does not answer.",
      calendar_rejected: "Google does not accept the event: the school has to check its calendar.",
    })[code] ?? `It did not go well (${code}).`,
  again: (action, button) =>
    action === "pay"
      ? `Mercado Pago would send its notice again; here, use "${button}".`
      : `"${button}" tries again.`,
  story: {
    answers: "Answers",
    mails: "Mail that Google would send",
    log: "Log lines of this request",
    none: "None.",
    events: (events) =>
      `The calendar has ${events} live ${events === 1 ? "event" : "events"} of this class.`,
    after: (seconds) => `after ${seconds} s`,
    settled: "settled",
    resent: "Mercado Pago sends it again",
    retry: "worth asking again later",
    to: (address) => `To: ${address}`,
    subjects: {
      invitation: "Invitation",
      update: "Updated invitation",
      cancellation: "Event cancelled",
    },
    join: "Join with Google Meet",
  },
  faults: {
    none: ["None: every service is well", "The notice is answered 200 and the class has its event."],
    google_down: [
      "Google Calendar is down",
      "Every call to the Calendar is answered 503. The webhook passes a 5xx on, so Mercado Pago sends the notice again; the week is shown as it was last read. What became of the insert is unknown, so the class stays claimed for CREATE_LEASE_SECONDS; its hour stays taken.",
    ],
    token_revoked: [
      "The refresh token is revoked",
      "Google answers invalid_grant. Choosing another fault stores a new token as a new secret version, as infra/authorize.py does, and the same instance goes on.",
    ],
    meet_pending: [
      "Google is slow to make the Meet link",
      "The event is made and recorded; the link comes later than the answer has to. The next delivery fills it in.",
    ],
    two_notices: [
      "Two notices arrive at once",
      "Mercado Pago delivers the same payment twice in the same moment: one event, one invitation.",
    ],
    slow: ["Google Calendar takes a second for each answer", "The answer still comes within its budget."],
    answer_lost: [
      "Google books, and its answer is lost",
      "The connection is cut after the insert took effect. The event's id is derived from the class, so the second try finds it instead of making another.",
    ],
  },
};
