"use strict";
// Keys for lists of matches and for the page of one. They only move the focus or open a page:
// nothing is decided by a single key. They can be turned off, for those who speak to the page.
{
  const STORED = "convene-keys";
  const dialog = document.getElementById("keys");
  const rows = Array.from(document.querySelectorAll("[data-rows] > li"));
  const links = rows.map((row) => row.querySelector("h2 a"));

  const areOn = () => localStorage.getItem(STORED) !== "off";
  const row = () => rows.findIndex((one) => one.contains(document.activeElement));

  const show = (element) => {
    if (!element) {
      return false;
    }
    const box = element.closest("details");
    if (box) {
      box.open = true;
    }
    element.focus();
    element.scrollIntoView({ block: "nearest" });
    return true;
  };

  const move = (by) => {
    const here = row();
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
    const link = links[next];
    if (link) {
      link.focus();
      rows[next].scrollIntoView({ block: "nearest" });
    }
    return rows.length > 0;
  };

  const decide = (part) => {
    const link = links[row()];
    if (link) {
      // No element has this id: the browser would take the focus to it, after us.
      location.assign(`${link.href}#to-${part}`);
      return true;
    }
    return show(wanted(part));
  };

  const wanted = (part) =>
    document.querySelector(
      part === "approve"
        ? '[aria-labelledby="h-approve"] .btn-primary'
        : '[aria-labelledby="h-reject"] select',
    );

  const tick = () => {
    const box = rows[row()]?.querySelector(".match-tick");
    box?.click();
    return Boolean(box);
  };

  const follow = () => {
    const next = document.querySelector('main a[rel="next"]');
    next?.click();
    return Boolean(next);
  };

  const open = () => {
    const word = dialog.querySelector("[data-keys-switch]");
    word.textContent = areOn() ? "Turn these keys off" : "Turn these keys on";
    dialog.showModal();
    return true;
  };

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => decide("approve"),
    r: () => decide("reject"),
    x: tick,
    n: follow,
    "?": open,
  };

  const isTyping = (target) =>
    target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing);
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
    if (!act || !plain || !areOn() || dialog.open || isTyping(event.target)) {
      return;
    }
    if (act()) {
      event.preventDefault();
    }
  });

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "switch") {
      localStorage.setItem(STORED, areOn() ? "off" : "on");
    }
    dialog.returnValue = "";
  });
  const hint = document.querySelector("[data-keys-hint]");
  hint.hidden = false;
  hint.querySelector("[data-keys-open]").addEventListener("click", open);

  const arrived = /^#to-(approve|reject)$/.exec(location.hash);
  if (arrived && rows.length === 0) {
    show(wanted(arrived[1]));
  }

  const all = document.querySelector("[data-tick-all]");
  if (all) {
    const boxes = Array.from(document.querySelectorAll(".match-tick"));
    const said = all.querySelector("[data-ticked]");
    const count = () => {
      const ticked = boxes.filter((one) => one.checked).length;
      said.textContent = ticked ? `${ticked} of ${boxes.length} ticked` : "";
      document.getElementById("bulk-box").open ||= ticked > 0;
    };
    all.hidden = false;
    all.querySelector("button").addEventListener("click", () => {
      const ticks = boxes.some((one) => !one.checked);
      boxes.forEach((one) => {
        one.checked = ticks;
      });
      count();
    });
    boxes.forEach((one) => one.addEventListener("change", count));
    count();
  }
}
