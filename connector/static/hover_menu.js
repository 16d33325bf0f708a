// A <details data-opens-on-hover> opens by click, Enter and touch like any other; a mouse also opens it by pointing at it.
(() => {
  const menuOf = (event) => event.pointerType === "mouse" && event.target.closest?.("[data-opens-on-hover]");

  document.addEventListener("pointerover", (event) => {
    const menu = menuOf(event);
    if (!menu || menu.open) return;
    menu.open = true;
    menu.dataset.hovered = "yes";
  });

  document.addEventListener("pointerout", (event) => {
    const menu = menuOf(event);
    if (!menu?.dataset.hovered || menu.contains(event.relatedTarget)) return;
    delete menu.dataset.hovered;
    menu.open = false;
  });

  // The click on a menu that pointing has opened keeps it open instead of closing it.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("[data-opens-on-hover] > summary");
    const menu = summary?.parentElement;
    if (!menu?.dataset.hovered) return;
    event.preventDefault();
    delete menu.dataset.hovered;
  });
})();
