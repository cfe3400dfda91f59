// The queue: rows by keys, what is chosen, what came while the list held still, filters that ask by themselves.
"use strict";
(() => {
  const rows = document.getElementById("rows");
  const news = document.getElementById("news");
  const bulk = document.getElementById("bulk");
  const boxes = () => [...rows.querySelectorAll("input[name=case]")];
  const links = () => [...rows.querySelectorAll("a[data-row]")];
  const current = () => document.activeElement?.closest?.("#rows tr[id]");

  function count() {
    const chosen = boxes().filter((box) => box.checked);
    const told = document.getElementById("chosen-count");
    if (told) told.textContent = String(chosen.length);
    rows.classList.toggle("choosing", chosen.length > 0);
    boxes().forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
    const all = document.getElementById("choose-all");
    if (all) all.checked = chosen.length > 0 && chosen.length === boxes().length;
  }
  rows.addEventListener("change", (event) => {
    if (event.target.id === "choose-all") boxes().forEach((box) => (box.checked = event.target.checked));
    count();
  });
  rows.addEventListener("htmx:after:swap", count);
  document.body.addEventListener("click", (event) => {
    if (event.target.closest("[data-resume]")) setTimeout(count);
  });

  // While it holds still the page asks for ids alone, tells how many are new, and lets a critical one ring.
  document.body.addEventListener("live:cases", () => {
    if (rows.querySelector("input[name=case]:checked")) htmx.trigger(news, "live:held");
  });
  news.addEventListener("htmx:after:swap", () => {
    const told = document.getElementById("held-back");
    if (!told) return;
    const fresh = [...news.querySelectorAll("[data-now]")].filter((each) => !document.getElementById(`case-${each.dataset.now}`));
    told.textContent = fresh.length ? told.dataset.said.replace("#", String(fresh.length)) : told.dataset.nothing;
  });

  document.body.addEventListener("htmx:after:swap", (event) => {
    if (event.detail?.ctx?.target?.id === "bulk-body" && !bulk.open) bulk.showModal();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select, summary")) return;
    const at = links().findIndex((link) => link.closest("tr") === current());
    if (event.key === "j" || event.key === "k") {
      const next = links()[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
      next?.focus();
      next?.closest("tr").scrollIntoView({ block: "nearest" });
    } else if (event.key === "x") {
      current()?.querySelector("input[name=case]")?.click();
    } else if (event.key === ".") {
      setTimeout(count);
    }
  });

  // Filters: a choice asks at once, the address stays short, and the field that was changed keeps the focus.
  const asks = document.querySelector("form[data-asks]");
  asks.addEventListener("change", (event) => {
    if (event.target.type !== "search") asks.requestSubmit();
  });
  asks.addEventListener("formdata", (event) => {
    [...event.formData.entries()].forEach(([name, value]) => value === "" && event.formData.delete(name));
  });
  asks.addEventListener("submit", () => {
    const field = document.activeElement;
    if (field?.name) sessionStorage.setItem("queue-field", `${field.name}=${field.type === "checkbox" ? field.value : ""}`);
  });
  const kept = sessionStorage.getItem("queue-field");
  sessionStorage.removeItem("queue-field");
  if (kept) {
    const [name, value] = kept.split("=");
    const field = [...asks.elements].find((each) => each.name === name && (value === "" || each.value === value));
    const around = field?.closest("details");
    if (around) around.open = true;
    field?.focus({ preventScroll: true });
  }
  document.addEventListener("click", (event) => {
    asks.querySelectorAll("details[open]").forEach((open) => open.contains(event.target) || (open.open = false));
  });
  count();
})();
