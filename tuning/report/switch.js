// The style alone changes the language; this tells the browser, and begins with the reader's own.
const choices = [...document.querySelectorAll('input[name="language"]')];
function tell() {
  const chosen = choices.find((choice) => choice.checked);
  document.documentElement.lang = chosen.value;
  document.title = chosen.dataset.title;
}
const asked = (location.hash === "#zh" ? "zh" : navigator.language).slice(0, 2);
for (const choice of choices) {
  choice.checked = choice.value.startsWith(asked === "zh" ? "zh" : "en");
  choice.addEventListener("change", tell);
}
tell();
