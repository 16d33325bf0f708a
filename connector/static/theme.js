// Sets light or dark before the first paint: the person's own choice, else what the system prefers.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return window.localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage is blocked; follow the system
    }
  };
  const apply = () => {
    const choice = chosen();
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  };
  root.classList.add("js");
  root.addEventListener("theme:changed", apply);
  system.addEventListener("change", apply);
  apply();
})();
