// The wallboard says when it is no longer up to date, whatever the reason: link, server or session.
"use strict";
(() => {
  const OLD_S = 40;
  const board = document.getElementById("board");
  const told = document.getElementById("stale");
  let at = performance.now();
  board.addEventListener("htmx:after:swap", () => (at = performance.now()));
  setInterval(() => {
    const age = Math.round((performance.now() - at) / 1000);
    told.hidden = age < OLD_S;
    document.body.classList.toggle("stale", age >= OLD_S);
    if (age >= OLD_S) told.textContent = told.dataset.said.replace("#", String(age));
  }, 1000);
})();
