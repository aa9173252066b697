// While the service is away: say so calmly, keep the screen as it is, and try again.

import { words } from "./words.js";

const FIRST_PAUSE = 1000; // ms before the first retry, doubled up to the longest
const LONGEST_PAUSE = 15000;
const LONGEST_ASKED = 3_600_000; // an hour; a timer of more than 24 days ends at once

/**
 * @param {object} options
 * @param {object} options.status  the strip
 * @param {() => Promise<void>} options.resume  tries again
 * @param {() => number} options.waiting  how many changes are kept
 */
export function connection({ status, resume, waiting }) {
  let timer = null;
  let pause = FIRST_PAUSE;
  let isAway = false;
  let problem = null;

  const textOf = ({ status: code }) => (code === 0 ? words.unreachable : code === 429 ? words.busy : words.paused);

  function show() {
    const kept = waiting() ? ` ${words.keptHere(waiting())}` : "";
    status.away(`${textOf(problem)} ${words.goingOn}${kept}`, resume);
  }

  window.addEventListener("online", () => isAway && resume());

  return {
    /** Whether a next try is set. */
    get isWaiting() {
      return timer !== null;
    },
    /** Take note of a call that may succeed later. */
    lost(newProblem) {
      isAway = true;
      problem = newProblem;
      if (timer === null) {
        const asked = problem.retryAfter === null ? pause : Math.min(Math.max(problem.retryAfter * 1000, 500), LONGEST_ASKED);
        timer = setTimeout(resume, asked * (1 + 0.2 * Math.random()));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
      show();
    },
    show,
    /** A try begins. */
    trying() {
      clearTimeout(timer);
      timer = null;
    },
    /** All that was kept is sent, and nothing on screen is old. */
    found() {
      if (!isAway) return;
      this.trying();
      isAway = false;
      pause = FIRST_PAUSE;
      status.back(words.back);
    },
  };
}
