// What pages do by themselves: hear of changes, hold still while somebody works, keys, the lock, drafts, sound.
"use strict";
const body = document.body;
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const signedIn = $("#lock-screen") !== null;

// --- Changes: the stream tells topics; whoever listens for `live:<topic>` asks the server again.
const state = $("#link-state");
function say(on) {
  if (!state) return;
  state.classList.toggle("on", on);
  state.classList.toggle("off", !on);
  $(".text", state).textContent = on ? state.dataset.on : state.dataset.off;
}
const waiting = new Set();
let timer = null;
let told = -Infinity;
// The first change is told at once; while they go on, once a second, and not by all pages at the same moment.
function changed(topics) {
  topics.forEach((topic) => waiting.add(topic));
  const pause = told + 1000 + 300 * Math.random() - performance.now();
  timer ??= setTimeout(() => {
    timer = null;
    told = performance.now();
    const those = [...waiting];
    waiting.clear();
    those.forEach((topic) => body.dispatchEvent(new CustomEvent(`live:${topic}`)));
  }, Math.max(30, pause));
}
let stream = null;
function listen() {
  stream = new EventSource(body.dataset.live ?? "/live");
  stream.addEventListener("open", () => say(true));
  stream.addEventListener("topics", (event) => changed(event.data.split(" ")));
  stream.addEventListener("error", () => {
    say(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}
if (signedIn || body.dataset.live) listen();

// --- Holding still: a list with something chosen, or a form begun, waits until `.` is pressed.
const busy = (part) => part.matches("[data-freeze]") && $("input:checked, dialog[open], [data-begun]", part) !== null;
body.addEventListener("htmx:before:request", (event) => {
  const ctx = event.detail.ctx;
  const part = ctx?.sourceElement;
  const byItself = ctx?.sourceEvent?.type?.startsWith("live:") || ctx?.sourceEvent?.type === "every";
  if (byItself) ctx.request.headers["X-By-Itself"] = "1";
  if (part instanceof Element && byItself && busy(part)) {
    part.dataset.held = String(1 + Number(part.dataset.held ?? 0));
    event.preventDefault();
  }
});
function resume() {
  $$("[data-held]").forEach((part) => {
    delete part.dataset.held;
    $$("input:checked", part).forEach((box) => (box.checked = false));
    htmx.trigger(part, "live:cases");
    body.dispatchEvent(new CustomEvent("live:cases"));
  });
}
body.addEventListener("click", (event) => {
  if (event.target.closest("[data-resume]")) resume();
});

// --- What the server refuses is told where everybody sees it, and goes when it is read.
function tell(html, kind = "notice", forMs = 9000) {
  const told = document.createElement("div");
  told.className = kind;
  told.append(...(typeof html === "string" ? [html] : html));
  // A dialog lies above all else.
  ($("dialog[open]") ?? $("#told")).append(told);
  setTimeout(() => told.remove(), forMs);
}
body.addEventListener("htmx:before:swap", (event) => {
  const ctx = event.detail.ctx;
  const status = ctx?.response?.status ?? 200;
  if (status < 400 || status === 401) return;
  event.preventDefault();
  if (status === 423) return;
  const parsed = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  tell([...parsed.body.childNodes], "", 15000);
});
body.addEventListener("htmx:error", () => tell(state?.dataset.off ?? "…", "refusal"));
body.addEventListener("desk:told", (event) => tell(event.detail?.value ?? "", "notice"));

// --- The lock: what was typed stays below it.
const lock = $("#lock-screen");
function showLock() {
  if (!lock || lock.open) return;
  $$("dialog[open]").forEach((open) => open.close());
  lock.showModal();
  $("input[type=password]", lock)?.focus();
}
body.addEventListener("desk:locked", showLock);
lock?.addEventListener("cancel", (event) => event.preventDefault());
body.addEventListener("desk:unlocked", () => {
  lock.close();
  $$("input[type=password]", lock).forEach((field) => (field.value = ""));
  stream?.close();
  listen();
});

// --- Drafts: what somebody types into a field with data-draft outlives a reload, until it is sent.
const draftKey = (field) => `draft:${field.dataset.draft}`;
function restoreDrafts(within = document) {
  $$("[data-draft]", within).forEach((field) => {
    const kept = sessionStorage.getItem(draftKey(field));
    if (kept !== null && field.value === "") field.value = kept;
  });
}
body.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-draft]")) sessionStorage.setItem(draftKey(event.target), event.target.value);
});
body.addEventListener("htmx:after:request", (event) => {
  const ctx = event.detail.ctx;
  if ((ctx?.response?.status ?? 500) < 400 && ctx?.sourceElement?.matches?.("form")) {
    $$("[data-draft]", ctx.sourceElement).forEach((field) => sessionStorage.removeItem(draftKey(field)));
  }
});
restoreDrafts();

// --- Sound: a critical case that was not there before rings, unless somebody muted it.
const sound = $("#sound");
const muted = () => localStorage.getItem("muted") === "1";
function showSound() {
  if (!sound) return;
  sound.setAttribute("aria-pressed", String(muted()));
  sound.textContent = muted() ? sound.dataset.off : sound.dataset.on;
}
let tone = null;
function ring() {
  body.dispatchEvent(new CustomEvent("desk:rang"));
  if (muted()) return;
  tone ??= new AudioContext();
  const at = tone.currentTime;
  [0, 0.18, 0.36].forEach((later) => {
    const note = tone.createOscillator();
    const loud = tone.createGain();
    note.frequency.value = 880;
    loud.gain.setValueAtTime(0.12, at + later);
    loud.gain.exponentialRampToValueAtTime(0.001, at + later + 0.15);
    note.connect(loud).connect(tone.destination);
    note.start(at + later);
    note.stop(at + later + 0.16);
  });
}
sound?.addEventListener("click", () => {
  localStorage.setItem("muted", muted() ? "0" : "1");
  showSound();
});
showSound();
let known = null;
function lookForCritical() {
  const found = new Set($$("[data-critical]").map((each) => each.dataset.critical));
  if (known !== null && [...found].some((each) => !known.has(each))) ring();
  if (found.size || known === null) known = new Set([...(known ?? []), ...found]);
}
lookForCritical();
body.addEventListener("htmx:after:swap", () => {
  restoreDrafts();
  lookForCritical();
});

// --- Theme.
$("#theme")?.addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
});

// --- Keys: a button with data-key is pressed by it; never while somebody types.
const help = $("#keys");
$("#help")?.addEventListener("click", () => help?.showModal());
const PLACES = { w: "/work", q: "/queue", d: "/devices", l: "/wallboard", a: "/approvals", h: "/handover", r: "/rules" };
let goes = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (lock?.open) return;
  if (goes) {
    goes = false;
    if (PLACES[event.key]) location.assign(PLACES[event.key]);
    return;
  }
  const open = $("dialog[open]");
  const within = open ?? document;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const button = $$(`[data-key="${CSS.escape(key)}"]`, within).find((each) => !each.disabled && each.offsetParent !== null);
  if (event.key === "?") return void help?.showModal();
  // While a call is open, g is how it may end.
  if (open === null && event.key === "g" && !button) return void (goes = true);
  if (open === null && event.key === "/") {
    const search = $("[data-search]");
    if (search) { event.preventDefault(); search.focus(); } else location.assign("/queue#search");
    return;
  }
  if (open === null && event.key === ".") return void resume();
  if (button) {
    event.preventDefault();
    if (button.matches("input[type=text], input:not([type]), textarea, select")) button.focus();
    else button.click();
  }
});

// --- Dialogs: data-opens names the dialog to open, data-closes closes the one around.
body.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) $(`#${CSS.escape(opener.dataset.opens)}`)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
});
