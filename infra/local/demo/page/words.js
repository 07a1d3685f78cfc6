/** What the school's users read: dates and outcomes in Spanish. */

/**
 * @param {string} timeZone
 */
export function dateWords(timeZone) {
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat("es-AR", { timeZone, ...options });
  const longDay = format({ weekday: "long", day: "numeric", month: "long" });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = format({ weekday: "short", timeZone: "UTC" });
  const range = format({ day: "numeric", month: "long", timeZone: "UTC" });
  return {
    /** "miércoles, 25 de noviembre" @param {Date} instant */
    day: (instant) => longDay.format(instant),
    /** "17:30" @param {Date} instant */
    time: (instant) => clock.format(instant),
    /** "17:30 a 19:00" @param {Date} start @param {Date} end */
    span: (start, end) => `${clock.format(start)} a ${clock.format(end)}`,
    /** From midnight to midnight. @param {Pick<import("./calendar.js").Span, "start" | "end">} span */
    isAllDay: ({ start, end }) =>
      [start, end].every(({ dateTime }) => clock.format(new Date(dateTime)) === "00:00"),
    /** "lun" @param {string} day */
    weekday: (day) => weekday.format(Date.parse(day)).replace(/[.,]/g, ""),
    /** "23–29 de noviembre" @param {string} first @param {string} last */
    week: (first, last) => range.formatRange(Date.parse(first), Date.parse(last)),
  };
}

export const KINDS = { individual: "Clase individual", grupal: "Clase grupal" };

/** @type {Record<string, string>} */
export const STATES = {
  pending: "Pendiente",
  scheduled: "Reservada",
  completed: "Terminada",
  cancelled: "Cancelada",
};

const AGAIN = {
  pay: "Mercado Pago volvería a avisar; acá hay que simular el pago otra vez.",
  move: "Con «Repetir el aviso» se intenta otra vez.",
  cancel: "Con «Repetir el aviso» se intenta otra vez.",
};

/** @type {Record<string, string>} */
const FAILURES = {
  calendar_unavailable: "Google Calendar no responde.",
  reauthorization_required:
    "La escuela tiene que volver a autorizar el acceso a su calendario.",
  meet_link_missing: "El horario está reservado; Google todavía prepara el enlace de Meet.",
  creation_in_progress: "Otro aviso ya está reservando esta clase.",
  store_unavailable: "La base de datos no responde.",
  calendar_rejected: "Google no acepta el evento: la escuela tiene que revisar su calendario.",
};

/**
 * What became of an action, by the code that `create_event` logged.
 * @param {"pay" | "move" | "cancel"} action
 * @param {string} code
 * @param {boolean} wasBooked before it
 * @param {boolean} mailed whether Google writes to the student because of it
 */
export function outcomeWords(action, code, wasBooked, mailed) {
  if (code === "ok" && wasBooked) {
    return mailed
      ? "El evento sigue a la clase: Google avisa al estudiante."
      : "La clase ya estaba reservada: no cambió nada.";
  }
  if (code === "ok") {
    return mailed
      ? "Clase reservada: Google envía la invitación."
      : "Clase reservada, con su enlace de Meet.";
  }
  if (code === "class_not_bookable") {
    return action === "cancel"
      ? "Clase cancelada: el evento se quitó del calendario."
      : "La clase está cancelada: no se reserva.";
  }
  return `${FAILURES[code] ?? `No salió bien (${code}).`} ${AGAIN[action]}`;
}

/**
 * Why the week may be wrong or is missing.
 * @param {string} code of a CalendarError
 */
export function listingWords(code) {
  if (code === "unreachable") return "No se puede leer el calendario desde esta página.";
  if (code === "invalid_request") return "La página pidió algo que el calendario no entiende.";
  return "El calendario no responde.";
}

/** @param {number} seconds */
export function ageWords(seconds) {
  if (seconds < 60) return `Datos de hace ${Math.round(seconds)} s`;
  return `Datos de hace ${Math.round(seconds / 60)} min`;
}
