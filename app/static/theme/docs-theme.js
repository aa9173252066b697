// The theme for Swagger UI, which has a dark one of its own: as chosen on our pages, or the device's.

(() => {
  const root = document.documentElement;
  const device = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("melu.theme");
    } catch {
      return null; // storage is blocked
    }
  }

  function show() {
    const isDark = (chosen() ?? (device.matches ? "dark" : "light")) === "dark";
    root.classList.toggle("dark-mode", isDark);
    root.style.colorScheme = isDark ? "dark" : "light";
  }

  show();
  device.addEventListener("change", show);
  addEventListener("storage", show);
})();
