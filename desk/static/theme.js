// Before the page is drawn, so that nobody is dazzled at night.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
