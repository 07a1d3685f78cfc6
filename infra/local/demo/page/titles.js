/** What a class is called, and who is in it. */

import { words } from "./words.js";

/** @param {import("./demo.js").VirtualClass} of */
export function titleOf(of) {
  return of.learningFocus || words.classes.kinds[of.classType];
}

/** The addresses. @param {import("./demo.js").VirtualClass} of */
export function studentsOf(of) {
  return [of.studentEmail, ...(of.participantEmails ?? [])];
}
