// What the page shows is loaded in parts, each by itself. Of several answers on their way, an older
// one never replaces a newer one.

/**
 * @param {object} options
 * @param {Object<string, {load: Function, arrived: Function, isWanted?: () => boolean}>} options.parts
 * @param {() => string | null} options.user  who the visitor is
 * @param {(problem: Error, name: string) => void} options.onfail
 * @param {() => void} options.onsettle  called after each part that came
 */
export function pageParts({ parts, user, onfail, onsettle }) {
  const states = Object.fromEntries(Object.keys(parts).map((name) => [name, { isStale: true, asked: 0, shown: 0 }]));
  const isWanted = (name) => parts[name].isWanted?.() ?? true;

  async function loadPart(name) {
    if (!isWanted(name)) return; // it stays stale
    const state = states[name];
    const asked = (state.asked += 1);
    const userId = user();
    const isOutdated = () => userId !== user() || asked < state.shown;
    try {
      const answer = await parts[name].load(userId);
      if (isOutdated()) return;
      state.shown = asked;
      state.isStale = asked !== state.asked;
      parts[name].arrived(answer);
      onsettle();
    } catch (problem) {
      if (isOutdated()) return;
      onfail(problem, name);
    }
  }

  return {
    loadPart,
    /** Load parts again. */
    refresh(...names) {
      for (const name of names) states[name].isStale = true;
      return Promise.all(names.map(loadPart));
    },
    outdate(...names) {
      for (const name of names) states[name].isStale = true;
    },
    isStale: (name) => states[name].isStale,
    get stale() {
      return Object.keys(parts).filter((name) => states[name].isStale && isWanted(name));
    },
  };
}
