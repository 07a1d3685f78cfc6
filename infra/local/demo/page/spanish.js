/** What the local page says, in Spanish. */

/** @typedef {"pay" | "release" | "move" | "cancel" | "add" | "remove"} Action */

export const spanish = {
  locale: "es-AR",
  otherLanguage: { name: "English", query: "?lang=en" },

  /** By `data-words` of index.html; a name with "-label" is an aria-label. @type {Record<string, string>} */
  page: {
    title: "Agenda de clases",
    refresh: "Actualizar",
    "previous-label": "Semana anterior",
    today: "Hoy",
    "next-label": "Semana siguiente",
    hint: "Elegí una hora libre para reservarla.",
    "legend-label": "Referencias",
    free: "Libre",
    busy: "Ocupado",
    taken: "Hora ocupada en parte",
    tentative: "Por confirmar",
    mine: "Apartado para vos",
    ours: "Clase reservada",
    classes: "Clases",
    workshop: "Detrás de la página",
    "start-over": "Empezar de nuevo",
    fault: "Falla a simular",
    back: "Volver",
    "close-label": "Cerrar el mensaje",
    lost: "El servidor local no responde: se inicia con infra/local.sh.",
    retry: "Reintentar",
  },

  /** @param {string} place */
  zone: (place) => `Horario de ${place}`,
  /** @param {string} start @param {string} end */
  span: (start, end) => `${start} a ${end}`,

  week: {
    caption: "Horas libres y ocupadas. Con las flechas se pasa de una hora libre a otra.",
    reserve: "Reservar",
    /** @param {string} when */
    hold: (when) => `Reservar: ${when}`,
    states: {
      free: "Libre",
      mine: "Apartado para vos",
      taken: "Ocupado",
      soon: "Sin anticipación",
      past: "Pasado",
      unknown: "Sin datos",
    },
    allDay: "Todo el día",
    mine: "Para vos",
    tentative: "Por confirmar",
    busy: "Ocupado",
    /** What a screen reader hears of a span. @param {string} hours @param {boolean} allDay @param {boolean} ours @param {boolean} tentative */
    told: (hours, allDay, ours, tentative) =>
      `${ours ? "clase reservada " : ""}${allDay ? "todo el día" : `de ${hours}`}${tentative ? ", por confirmar" : ""}`,
  },

  classes: {
    kinds: { individual: "Clase individual", grupal: "Clase grupal" },
    /** @type {Record<string, string>} */
    states: {
      held: "Apartada",
      pending: "Pendiente",
      scheduled: "Reservada",
      completed: "Terminada",
      cancelled: "Cancelada",
    },
    linkIsComing: "El enlace de Meet está en camino.",
    pay: "Simular el pago",
    again: "Repetir el aviso",
    move: "Mover",
    cancel: "Cancelar",
  },

  group: {
    /** @param {number} students @param {number | null} seats */
    heading: (students, seats) =>
      `Estudiantes (${seats ? `${students} de ${seats}` : students}) y correos de Google`,
    unmailed: "Sin correos",
    removed: "Ya no participa",
  },
  adder: {
    title: "Agregar un estudiante",
    address: "Correo del estudiante",
    confirm: "Agregar",
  },
  remover: {
    title: "Quitar un estudiante",
    address: "Estudiante",
    confirm: "Quitar",
  },

  holder: {
    title: "¿Reservar esta hora?",
    /** @param {string} day @param {string} hours */
    text: (day, hours) => `${day}, ${hours}. Queda apartada para vos mientras la pagás.`,
    address: "Tu correo",
    confirm: "Reservar",
  },
  holds: {
    left: "Tiempo para pagar:",
    /** @param {number} seconds one of a few round numbers */
    spoken: (seconds) =>
      seconds < 60
        ? `Quedan menos de ${seconds} segundos para pagar.`
        : `${seconds > 60 ? `Quedan menos de ${seconds / 60} minutos` : "Queda menos de un minuto"} para pagar.`,
    pay: "Pagar",
    release: "Dejar libre",
    holding: "Reservando…",
    /** @param {string} time */
    yours: (time) => `La hora es tuya hasta las ${time}: falta pagarla.`,
    ranOut: "Se acabó el tiempo para pagar: la hora vuelve a estar libre.",
    released: "La hora vuelve a estar libre.",
    /** Why an hour is not held, by the code that `hold_and_pay` answers. @type {Record<string, string>} */
    refusals: {
      hour_taken: "Otra persona acaba de tomar esa hora: elegí otra, por favor.",
      too_many_holds: "Ya tenés dos horas apartadas: pagá una o dejala libre.",
      try_again: "Muchos están reservando a la vez. Probá de nuevo.",
    },
  },
  mover: {
    title: "Mover la clase",
    /** @param {string} title @param {string} when */
    now: (title, when) => `${title}: ahora ${when}`,
    day: "Nuevo día",
    time: "Nueva hora",
    nothing: "No hay horarios libres en las próximas dos semanas.",
    confirm: "Mover",
  },
  canceller: {
    title: "¿Cancelar la clase?",
    /** @param {string} title @param {string} when @param {number} students */
    text: (title, when, students) =>
      `${title}, ${when}. El evento se quita y Google avisa ${students > 1 ? "a los estudiantes" : "al estudiante"}.`,
    confirm: "Cancelar la clase",
  },

  reading: "Leyendo…",
  /** @param {string} time */
  readAt: (time) => `Leído a las ${time}`,
  /** @param {string} time @param {number} seconds */
  oldSince: (time, seconds) =>
    `Datos de las ${time}, de hace ${seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`,
  /** @param {string} why @param {number} seconds */
  retrying: (why, seconds) => `${why} Reintento en ${seconds} s.`,
  /** Why the week may be wrong or is missing, by the code of a CalendarError. @param {string} code */
  unlisted: (code) =>
    ({
      unreachable: "No se puede leer el calendario desde esta página.",
      invalid_request: "La página pidió algo que el calendario no entiende.",
    })[code] ?? "El calendario no responde.",

  telling: "Avisando…",
  preparing: "Preparando…",
  newToken: "Autorizando de nuevo: las funciones vuelven a leer el secreto cada 5 s…",
  startingOver: "Empezando de nuevo…",
  /** @param {string} why */
  failed: (why) => `El servidor local no pudo: ${why}`,
  unchanged: "La clase ya estaba reservada: no cambió nada.",
  /** @param {number} mails */
  followed: (mails) =>
    `El evento sigue a la clase: Google avisa ${mails > 1 ? "a los estudiantes" : "al estudiante"}.`,
  /** @param {number} mails */
  booked: (mails) =>
    `Clase reservada: Google envía ${mails > 1 ? "las invitaciones" : "la invitación"}.`,
  added: "Estudiante agregado: Google envía la invitación.",
  removed: "Estudiante quitado: Google avisa la cancelación.",
  linked: "Clase reservada, con su enlace de Meet.",
  withdrawn: "Clase cancelada: el evento se quitó del calendario.",
  notBooked: "La clase está cancelada: no se reserva.",
  /** What went wrong, by the code that `create_event` logged. @param {string} code */
  trouble: (code) =>
    ({
      calendar_unavailable: "Google Calendar no responde.",
      reauthorization_required:
        "La escuela tiene que volver a autorizar el acceso a su calendario.",
      meet_link_missing: "El horario está reservado; Google todavía prepara el enlace de Meet.",
      creation_in_progress: "Otro aviso ya está reservando esta clase.",
      store_unavailable: "La base de datos no responde.",
      calendar_rejected: "Google no acepta el evento: la escuela tiene que revisar su calendario.",
    })[code] ?? `No salió bien (${code}).`,
  /** @param {Action} action @param {string} button */
  again: (action, button) =>
    action === "pay"
      ? `Mercado Pago volvería a avisar; acá, con «${button}».`
      : `Con «${button}» se intenta otra vez.`,

  story: {
    answers: "Respuestas",
    mails: "Correos que enviaría Google",
    log: "Líneas de registro de este pedido",
    none: "Ninguno.",
    /** @param {number} events */
    events: (events) =>
      `El calendario tiene ${events} ${events === 1 ? "evento vigente" : "eventos vigentes"} de esta clase.`,
    /** @param {string} seconds */
    after: (seconds) => `en ${seconds} s`,
    settled: "asunto terminado",
    resent: "Mercado Pago avisa otra vez",
    retry: "conviene volver a pedirlo más tarde",
    /** @param {string} address */
    to: (address) => `Para: ${address}`,
    subjects: {
      invitation: "Invitación",
      update: "Invitación actualizada",
      cancellation: "Evento cancelado",
    },
    join: "Unirse con Google Meet",
  },

  /** Title and explanation of each fault. @type {Record<string, [string, string]>} */
  faults: {
    none: ["Ninguna: todos los servicios andan bien", "El aviso se responde con 200 y la clase tiene su evento."],
    google_down: [
      "Google Calendar está caído",
      "Cada llamada al Calendar se responde con 503. El webhook pasa el error, así que Mercado Pago avisa otra vez; la semana se muestra como se leyó por última vez. No se sabe qué fue de la creación, así que ningún otro aviso toca la clase durante CREATE_LEASE_SECONDS; su hora sigue ocupada.",
    ],
    token_revoked: [
      "El token de actualización está revocado",
      "Google responde invalid_grant. Al elegir otra falla se guarda un token nuevo como versión nueva del secreto, como hace infra/authorize.py, y la misma instancia sigue.",
    ],
    meet_pending: [
      "Google tarda en hacer el enlace de Meet",
      "El evento se crea y se anota; el enlace llega después de lo que puede esperar la respuesta. El próximo aviso lo completa.",
    ],
    two_notices: [
      "Llegan dos avisos a la vez",
      "Mercado Pago entrega el mismo pago dos veces en el mismo momento: un evento, una invitación.",
    ],
    slow: ["Google Calendar tarda un segundo por respuesta", "La respuesta llega igual dentro de su plazo."],
    answer_lost: [
      "Google reserva y su respuesta se pierde",
      "La conexión se corta después de que la creación tuvo efecto. El id del evento se deriva de la clase, así que el segundo intento lo encuentra en lugar de crear otro.",
    ],
  },
};
