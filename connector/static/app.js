// What pages need besides plain links and forms: the dialog, menus, and words for what went wrong.
(() => {
  const TARGET = "dialog-content";
  const box = () => document.getElementById("dialog");
  let opener = null;

  const openDialog = () => window.bootstrap.Modal.getOrCreateInstance(box()).show();
  const closeDialog = () => window.bootstrap.Modal.getInstance(box())?.hide();

  // The opener may have been drawn anew while the dialog was open; then its id finds the new one.
  const returnFocus = () => {
    const again = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
    (again || document.getElementById("main"))?.focus();
    opener = null;
  };

  // In the page's language; this file has no words of its own.
  const words = document.documentElement.dataset;
  const say = (sentence) => {
    const notice = document.createElement("div");
    notice.className = "notice notice-error";
    const text = document.createElement("p");
    text.textContent = sentence;
    notice.append(text);
    const inDialog = box()?.classList.contains("show") && box().querySelector(".modal-body");
    const area = inDialog || document.getElementById("messages");
    area.querySelector(":scope > .notice-error")?.remove();
    notice.setAttribute("role", "alert");
    area.prepend(notice);
    notice.scrollIntoView({ block: "nearest" });
  };

  const sentenceOf = (html) =>
    new DOMParser().parseFromString(html || "", "text/html").querySelector("[data-sentence]")?.textContent.trim();

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== TARGET || event.target.closest("#dialog")) return;
    // What stands in a menu is hidden once the dialog is open; the menu's own button is where its person came from.
    opener = event.target.closest("details.menu")?.querySelector("summary") || event.target;
  });

  // Not afterSwap: only now does htmx listen to the form inside, and a quick Enter must not leave the page.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== TARGET) return;
    const content = event.detail.target;
    if (!content.children.length) {
      closeDialog();
      return;
    }
    openDialog();
    if (box().classList.contains("show")) focusFirst(content);
  });

  const focusFirst = (content) => {
    const invalid = content.querySelector("[aria-invalid=true]");
    (invalid || content.querySelector("[autofocus]"))?.focus();
  };

  document.addEventListener("shown.bs.modal", (event) => focusFirst(event.target));
  document.addEventListener("dialog:close", closeDialog);
  document.addEventListener("hidden.bs.modal", (event) => {
    if (event.target !== box()) return;
    document.getElementById(TARGET).replaceChildren();
    returnFocus();
  });

  // Only an answer of ours knows what was not done. Without one the request may have arrived, or a proxy answered in our place.
  const onlyReads = (event) => event.detail.requestConfig.verb === "get";
  document.addEventListener("htmx:responseError", (event) => {
    say(sentenceOf(event.detail.xhr.responseText) || (onlyReads(event) ? words.sayFailed : words.sayUnsure));
  });
  document.addEventListener("htmx:sendError", (event) => say(onlyReads(event) ? words.sayOffline : words.sayUnsure));
  document.addEventListener("htmx:timeout", (event) => say(onlyReads(event) ? words.sayFailed : words.sayUnsure));

  // A menu closes when its person moves on: by Escape (focus returns), by a click elsewhere, or by tabbing out.
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("focusin", (event) => {
    openMenus().forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    openMenus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // One press, one request: forms that leave the page disable their button once sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [data-hx-post]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  const markTheme = () => {
    let choice = "auto";
    try {
      choice = window.localStorage.getItem("theme") || "auto";
    } catch {
      // storage is blocked; the system decides
    }
    document.querySelectorAll("[data-theme-choice]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) {
      try {
        window.localStorage.setItem("theme", button.dataset.themeChoice);
      } catch {
        return;
      }
      document.documentElement.dispatchEvent(new Event("theme:changed"));
      markTheme();
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-from]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copyFrom);
    navigator.clipboard.writeText(source.value || source.textContent.trim()).then(() => {
      document.getElementById("announcer").textContent = words.sayCopied;
      button.classList.add("is-copied");
    });
  });
  markTheme();
})();
