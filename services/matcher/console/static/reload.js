"use strict";
// While an import runs, look again every few seconds; stops when the tab is hidden.
const waiting = document.querySelector("[data-reload-seconds]");
if (waiting) {
  const seconds = Number(waiting.dataset.reloadSeconds);
  setInterval(() => {
    if (!document.hidden) {
      location.reload();
    }
  }, seconds * 1000);
}
