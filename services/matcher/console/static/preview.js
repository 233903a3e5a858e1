"use strict";
// While a listing is typed: ask what it would find, a moment after the last key, and show it beside.
// Without this script the button "Show matches" does the same.
const listing = document.getElementById("listing");
const shown = document.getElementById("preview");
const WAIT_MS = 350;
let timer = 0;
let asking = null;

async function ask() {
  asking?.abort();
  asking = new AbortController();
  shown.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(listing.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(listing)),
      signal: asking.signal,
    });
    if (answer.ok) {
      shown.innerHTML = await answer.text();
    }
    shown.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name !== "AbortError") {
      shown.removeAttribute("aria-busy"); // what was shown stays; the next key asks again
    }
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

listing.addEventListener("input", soon);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tick]");
  const box = button && document.getElementById(button.dataset.tick);
  if (box) {
    event.preventDefault();
    box.checked = true;
    soon();
    box.focus();
  }
});
