// The work place: what needs the identity step, the clock of a call, what is chosen once for the night.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // A confirmation waits for the step of the checklist that it needs; the service refuses it without, too.
  function gate() {
    all("[data-needs]").forEach((button) => {
      const steps = [...(button.form?.elements ?? [])].filter((each) => each.name === "checked" && each.checked);
      button.disabled = !steps.some((each) => each.value === button.dataset.needs);
    });
    all("[data-needs-words]").forEach((words) => {
      const waits = all(`[data-needs="${CSS.escape(words.dataset.needsWords)}"]`);
      words.hidden = !waits.some((button) => button.disabled);
    });
  }

  // The server says when a call began and what time it is; this machine's clock only counts on.
  let offset = 0;
  function setClock() {
    const now = document.querySelector("[data-now]");
    if (now) offset = Number(now.dataset.now) - Date.now();
  }
  function tick() {
    all("[data-since]").forEach((clock) => {
      const seconds = Math.max(0, Math.floor((Date.now() + offset - Number(clock.dataset.since)) / 1000));
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    });
  }

  // Whether the next case comes by itself is kept on this machine.
  function showAutoNext() {
    const box = document.querySelector("#auto-next");
    if (box) box.checked = localStorage.getItem("auto-next") !== "off";
  }

  // An offer to take something back goes after a while.
  function fade() {
    all("[data-gone-after]").forEach((offer) => {
      const after = Number(offer.dataset.goneAfter);
      delete offer.dataset.goneAfter;
      setTimeout(() => offer.querySelector("form")?.remove(), after);
    });
  }

  // Nothing can be done any more in a case that somebody else has; what was typed can still be copied.
  function stopWhenLost() {
    if (!document.querySelector("#lease [data-lost]")) return;
    all("#place .centre button, #place .right button, #place dialog button").forEach((button) => (button.disabled = true));
  }

  // Of the script the part that is due is open; what somebody opens closes the others.
  let wanted = "";
  function unfold() {
    const part = document.querySelector("[data-wanted]");
    if (part && part.id !== wanted) part.open = true;
    wanted = part?.id ?? "";
  }

  let held = null;
  function settle() {
    gate();
    setClock();
    tick();
    showAutoNext();
    fade();
    unfold();
    stopWhenLost();
    // A new case is read from its top, and who uses a screen reader hears of it; nobody is taken out of a field.
    const title = document.querySelector("#case-title");
    if (held !== null && (title?.textContent ?? "") !== held) {
      scrollTo(0, 0);
      if (document.activeElement === document.body) title?.focus({ preventScroll: true });
    }
    held = title?.textContent ?? "";
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "auto-next") localStorage.setItem("auto-next", event.target.checked ? "on" : "off");
    if (event.target.name === "checked") gate();
    if (event.target.dataset?.unsets) {
      const other = event.target.closest("dialog")?.querySelector(`[name="${CSS.escape(event.target.dataset.unsets)}"]`);
      if (other && event.target.value) other.value = "";
    }
  });
  document.addEventListener("click", (event) => {
    const giver = event.target.closest?.("[data-gives-action]");
    if (!giver) return;
    const dialog = document.getElementById(giver.dataset.opens);
    dialog.querySelector("[data-takes-action]").value = giver.dataset.givesAction;
    dialog.querySelector("[data-takes-words]").textContent = giver.dataset.givesWords;
  });
  // What was done closes its dialog before the place is drawn anew.
  document.addEventListener("htmx:before:swap", (event) => {
    const ctx = event.detail.ctx;
    if ((ctx?.response?.status ?? 500) >= 400) return;
    if (ctx.sourceElement?.matches?.("form")) all("#place dialog[open]").forEach((dialog) => dialog.close());
  });
  document.addEventListener("htmx:after:swap", settle);
  // Buttons that were off during a request come on right after this.
  document.addEventListener("htmx:finally:request", () => setTimeout(() => {
    gate();
    stopWhenLost();
  }));
  setInterval(tick, 1000);
  settle();
})();
