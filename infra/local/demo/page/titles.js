/** What a class is called. */

import { words } from "./words.js";

/** @param {import("./demo.js").VirtualClass} of */
export function titleOf(of) {
  return of.learningFocus ?? words.classes.kinds[of.classType];
}
