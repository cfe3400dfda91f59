// A screen on the wall is dark unless somebody chose otherwise on this machine; before the page is drawn.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "dark";
