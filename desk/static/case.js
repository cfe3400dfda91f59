// The page of a case: numbers hide themselves again, the time left runs, and print shows what is folded.
"use strict";
{
  // --- Numbers in full stay for as long as the server said, and never behind the lock or in a page that was left.
  const hide = (shown) => {
    const place = shown.closest("[data-masked]");
    if (!place) return;
    place.textContent = place.dataset.masked;
    place.removeAttribute("hx-morph-skip");
  };
  const hideAll = () => document.querySelectorAll("[data-masks-after]").forEach(hide);
  const watched = new WeakSet();
  document.body.addEventListener("htmx:after:swap", () => {
    document.querySelectorAll("[data-masks-after]").forEach((shown) => {
      if (watched.has(shown)) return;
      watched.add(shown);
      // The record of it is a change itself, after which the page is shown anew.
      shown.closest("[data-masked]")?.setAttribute("hx-morph-skip", "");
      setTimeout(() => hide(shown), 1000 * Number(shown.dataset.masksAfter));
      shown.closest("li")?.querySelector("details[open]")?.removeAttribute("open");
    });
  });
  document.body.addEventListener("click", (event) => {
    if (event.target.closest("[data-masks]")) hide(event.target);
    if (event.target.closest("[data-print]")) print();
    // Of these forms one is open at a time, and none where somebody clicked elsewhere.
    document.querySelectorAll(".case-reveal[open]").forEach((open) => {
      if (!open.contains(event.target)) open.removeAttribute("open");
    });
  });
  document.body.addEventListener("desk:locked", hideAll);
  addEventListener("pagehide", hideAll);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll(".case-reveal[open]").forEach((open) => open.removeAttribute("open"));
    hideAll();
  });

  // --- A form that was sent is empty again; a morph keeps what stands in its fields.
  document.body.addEventListener("htmx:after:request", (event) => {
    const ctx = event.detail.ctx;
    if ((ctx?.response?.status ?? 500) < 400 && ctx?.sourceElement?.matches?.("form[data-empties]")) {
      ctx.sourceElement.reset();
    }
  });

  // --- The time left, by the server's clock.
  const ahead = Number(document.querySelector("#case-now")?.value ?? Date.now()) - Date.now();
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const run = () => document.querySelectorAll("[data-due]").forEach((each) => {
    const left = (Number(each.dataset.due) - Date.now() - ahead) / 1000;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(left) >= size) ?? UNITS[3];
    each.textContent = words.format(Math.round(left / size), unit);
    each.parentElement.classList.toggle("late", left < 0);
  });
  setInterval(run, 5000);

  // --- On paper everything is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    hideAll();
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((each) => each.setAttribute("open", ""));
  });
  addEventListener("afterprint", () => closed.forEach((each) => each.removeAttribute("open")));
}
