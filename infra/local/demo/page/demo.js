/** The local server's own calls, below `/demo/`. None of them exists in production. */

/**
 * @typedef {object} VirtualClass
 * @property {string} id
 * @property {string} preferenceId
 * @property {"individual" | "grupal"} classType
 * @property {string | null} learningFocus
 * @property {string} studentEmail
 * @property {string[] | null} participantEmails
 * @property {number | null} maxParticipants
 * @property {number} classPrice
 * @property {string} status
 * @property {string | null} meetLink
 * @property {string | null} heldUntil of a class that a visitor asked for
 * @property {boolean} isPaid at Mercado Pago
 * @property {string} start
 * @property {string} end
 * @property {Pick<import("./calendar.js").Span, "start" | "end"> | null} event its live event
 * @property {Record<string, Mail["kind"][]>} mailed by address, what Google was asked to mail
 */

/**
 * @typedef {object} State
 * @property {string} timeZone
 * @property {number} windowDays
 * @property {string} fault
 * @property {string[]} faults
 * @property {VirtualClass[]} classes
 */

/**
 * @typedef {object} Mail
 * @property {"invitation" | "update" | "cancellation"} kind
 * @property {string} to
 * @property {string} summary
 * @property {string} description
 * @property {string} start
 * @property {string} end
 * @property {string | null} meetLink
 */

/**
 * What became of one action.
 * @typedef {object} Story
 * @property {{from: string, status: number, body: any, seconds: number}[]} answers
 * @property {Record<string, any>[]} log
 * @property {Mail[]} mails
 * @property {number} events live events of the class, if there is one
 * @property {State} state
 */

/** @returns {Promise<State>} */
export const readState = () => call("GET", "state");

/** @param {string} name @returns {Promise<State>} */
export const playFault = (name) => call("POST", "fault", { fault: name });

/** @returns {Promise<State>} */
export const startOver = () => call("POST", "start-over");

/**
 * @param {Date} start
 * @param {Date} end
 * @param {string} student
 * @returns {Promise<Story>}
 */
export const hold = (start, end, student) => call("POST", "hold", { start, end, student });

/** @param {string} id @returns {Promise<Story>} */
export const release = (id) => call("POST", "release", { class_id: id });

/** @param {string} id @returns {Promise<Story>} */
export const pay = (id) => call("POST", "pay", { class_id: id });

/**
 * @param {string} id
 * @param {string} action of the school's: move, cancel, add or remove
 * @param {string} answer the new start or the student's address
 * @returns {Promise<Story>}
 */
export const edit = (id, action, answer) => call("POST", "edit", { class_id: id, action, answer });

/**
 * @param {string} method
 * @param {string} name
 * @param {object} [body]
 */
async function call(method, name, body) {
  const response = await fetch(`/demo/${name}`, { method, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
