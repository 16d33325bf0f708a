// A <details data-opens-on-hover> opens by click, Enter and touch like any other; a mouse also opens it by pointing at it.
// Its list is shown in the top layer beside its button, where nothing around it can cut it off or cover it.
(() => {
  const PATIENCE = 120; // milliseconds: crossing a button opens nothing, and a slip off the list closes nothing
  const EDGE = 12;
  const hasTopLayer = "popover" in HTMLElement.prototype;
  let timer = 0;

  const menuOf = (event) => event.pointerType === "mouse" && event.target.closest?.("[data-opens-on-hover]");
  const listOf = (menu) => menu.querySelector(".menu-list");
  const later = (act) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(act, PATIENCE);
  };
  const closeHovered = () =>
    document.querySelectorAll("[data-opens-on-hover][data-hovered]").forEach((menu) => {
      delete menu.dataset.hovered;
      menu.open = false;
    });

  document.addEventListener("pointerover", (event) => {
    const menu = menuOf(event);
    if (!menu) return;
    if (menu.open) {
      window.clearTimeout(timer);
      return;
    }
    later(() => {
      if (menu.open) return;
      closeHovered();
      menu.open = true;
      menu.dataset.hovered = "yes";
    });
  });

  document.addEventListener("pointerout", (event) => {
    const menu = menuOf(event);
    if (menu && !menu.contains(event.relatedTarget)) later(closeHovered);
  });

  // The click on a menu that pointing has opened keeps it open instead of closing it.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("[data-opens-on-hover] > summary");
    const menu = summary?.parentElement;
    if (!menu?.dataset.hovered) return;
    event.preventDefault();
    delete menu.dataset.hovered;
  });

  const place = (menu) => {
    const list = listOf(menu);
    if (!hasTopLayer || !list.matches(":popover-open")) return;
    const button = menu.querySelector("summary").getBoundingClientRect();
    const left = Math.min(button.right - list.offsetWidth, window.innerWidth - list.offsetWidth - EDGE);
    const lowest = window.innerHeight - list.offsetHeight;
    const above = button.top - list.offsetHeight;
    const top = button.bottom <= lowest ? button.bottom : above >= 0 ? above : Math.max(0, lowest);
    list.style.left = `${Math.max(EDGE, left)}px`;
    list.style.top = `${top}px`;
  };
  const placeAll = () => document.querySelectorAll("[data-opens-on-hover][open]").forEach(place);

  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("[data-opens-on-hover]") || !hasTopLayer) return;
      const list = listOf(menu);
      if (menu.open && !list.matches(":popover-open")) {
        list.popover = "manual";
        list.showPopover();
        place(menu);
      } else if (!menu.open && list.matches(":popover-open")) {
        // Without it the list is there at once the next time, also for the Tab that comes before this event.
        list.removeAttribute("popover");
      }
    },
    true,
  );
  window.addEventListener("scroll", placeAll, { capture: true, passive: true });
  window.addEventListener("resize", placeAll);
  // What was loaded into it makes it another size.
  document.addEventListener("htmx:afterSettle", placeAll);
})();
