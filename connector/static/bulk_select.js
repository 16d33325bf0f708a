// Ticks of the invoice list that stay while its pages are turned; the form itself works without this.
(() => {
  const form = () => document.querySelector("[data-bulk-form]");
  // A tab outlives a sign-out: each person of each organization has ticks of their own in it.
  const key = () => `bulk-selection-${form().dataset.bulkForm}`;
  const read = () => {
    try {
      return new Set(JSON.parse(window.sessionStorage.getItem(key()) || "[]"));
    } catch {
      return new Set();
    }
  };
  const keep = (ids) => {
    try {
      window.sessionStorage.setItem(key(), JSON.stringify([...ids]));
    } catch {
      // storage is blocked; ticks hold for this page
    }
  };
  const boxes = () => [...form().querySelectorAll("input[name=invoice]")];

  const draw = () => {
    if (!form()) return;
    // All that match: each row is shown as ticked, and the ticks before that come back when it is taken off.
    const all = form().elements.all.checked;
    const ids = read();
    boxes().forEach((box) => {
      box.disabled = all;
      box.checked = all || ids.has(box.value);
      ids.delete(box.value);
    });
    show(ids);
  };
  const show = (elsewhere) => {
    const here = boxes().filter((box) => box.checked).length;
    form().elements.elsewhere.value = [...elsewhere].join(",");
    const all = form().elements.all;
    form().querySelector("[data-bulk-count]").textContent = all.checked
      ? all.dataset.bulkAll
      : String(here + elsewhere.size);
    form().querySelector("[data-bulk-clear]").hidden = !all.checked && here + elsewhere.size === 0;
    const page = form().querySelector("[data-bulk-page]");
    page.disabled = all.checked;
    page.checked = here > 0 && here === boxes().length;
    const ticked = boxes().filter((box) => box.checked);
    addUp(all.checked ? "all" : [...elsewhere, ...ticked.map((box) => box.value)].join());
  };
  // The server adds up and writes the amounts; it is asked once for each selection, and not before htmx listens.
  const addUp = (selection) => {
    const totals = form().querySelector("[data-bulk-totals]");
    if (document.readyState !== "complete" || (totals.dataset.of || "") === selection) return;
    totals.dataset.of = selection;
    totals.dispatchEvent(new Event("bulk-changed"));
  };
  document.addEventListener("change", (event) => {
    if (!form()?.contains(event.target)) return;
    if (event.target === form().elements.all) return draw();
    if (event.target.matches("[data-bulk-page]")) {
      boxes().forEach((box) => (box.checked = event.target.checked));
    }
    const ids = read();
    boxes().forEach((box) => (box.checked ? ids.add(box.value) : ids.delete(box.value)));
    keep(ids);
    boxes().forEach((box) => ids.delete(box.value));
    show(ids);
  });
  document.addEventListener("click", (event) => {
    if (!form()?.contains(event.target) || !event.target.closest("[data-bulk-clear]")) return;
    keep(new Set());
    form().elements.all.checked = false;
    draw();
    // The button is gone now; the keyboard goes on where ticking begins.
    form().querySelector("[data-bulk-page]").focus();
  });
  document.addEventListener("submit", (event) => {
    if (event.target === form()) keep(new Set());
  });
  document.addEventListener("htmx:afterSettle", (event) => event.target.matches("[data-bulk-totals]") || draw());
  window.addEventListener("pageshow", draw);
  draw();
})();
