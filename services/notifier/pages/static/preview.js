/* Shows how many could match while a listing is typed. Without it the button does the same. */
"use strict";
(() => {
  const form = document.getElementById("listing");
  const waitMilliseconds = 900;
  let timer = 0;
  let asked = 0;

  async function show() {
    const number = (asked += 1);
    const body = new FormData(form);
    body.set("do", "preview");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (!answer.ok || number !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["preview", "goals"]) {
        const now = document.getElementById(id);
        const then = page.getElementById(id);
        if (now && then && !now.contains(document.activeElement)) now.replaceWith(then);
      }
    } catch {
      /* Offline for a moment: what stood there stays. */
    }
  }

  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(show, waitMilliseconds);
  });
})();
