// How far the answers have come: what is known of what they can tell, and when it is enough.

import { byId, el, say } from "./dom.js";
import { words } from "./words.js";

export function answerProgress() {
  const box = byId("progress");
  const meter = byId("meter");
  const said = byId("progress-said");
  let wasEnough = false;

  function text({ answers, certainty, gain, enough }) {
    if (enough) return words.progressEnough;
    if (!answers) return words.progressStart;
    const known = certainty === null ? words.progressCount(answers) : words.progressKnown(certainty);
    return gain === null ? `${known}.` : `${known}. ${words.progressGain(gain)}`;
  }

  return {
    show(progress) {
      const { answers, certainty } = progress;
      const enough = progress.enough && answers > 0; // few items are soon enough, and still nobody's own
      const part = enough ? 1 : certainty ?? answers / (answers + 4);
      meter.setAttribute("aria-valuenow", Math.round(100 * part));
      meter.setAttribute("aria-valuetext", certainty === null ? words.progressCount(answers) : words.progressKnown(certainty));
      meter.firstElementChild.style.setProperty("--part", part);
      box.classList.toggle("enough", enough);
      say(said, text({ ...progress, enough }));
      if (enough) said.append(" ", el("a", { href: byId("most").hidden ? "#best" : "#most", text: words.progressLink }));
      if (enough && !wasEnough) {
        box.classList.add("moment");
        setTimeout(() => box.classList.remove("moment"), 1600);
      }
      wasEnough = enough;
    },
    clear() {
      wasEnough = false;
      this.show({ answers: 0, certainty: 0, gain: null, enough: false });
    },
  };
}
