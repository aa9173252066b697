// The theme that was chosen here, before anything is drawn; "system" is whatever the device has.

(() => {
  const KEY = "melu.theme";
  const THEMES = ["light", "dark"];
  const root = document.documentElement;

  function kept() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is blocked
    }
  }

  function keep(theme) {
    try {
      if (THEMES.includes(theme)) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {}
  }

  function show(theme) {
    if (THEMES.includes(theme)) root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const meta of document.querySelectorAll("meta[name='theme-color']")) {
      meta.dataset.media ??= meta.media;
      if (!THEMES.includes(theme)) meta.media = meta.dataset.media;
      else meta.media = meta.dataset.media.includes(theme) ? "all" : "not all";
    }
  }

  root.dataset.scripted = "";
  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    choice.value = THEMES.includes(kept()) ? kept() : "system";
    choice.addEventListener("change", () => {
      keep(choice.value);
      show(choice.value);
    });
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== KEY) return;
      choice.value = newValue ?? "system";
      show(newValue);
    });
  });
})();
