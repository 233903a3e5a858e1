/* Zooms and moves a map, and walks it by keyboard. Without it the map stands still, its links work,
   and the table below has the same numbers. */
"use strict";

(() => {
  const TOWARDS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const CLOSEST = 0.04; // of the whole map

  function start(figure) {
    const svg = figure.querySelector("svg.map");
    const whole = svg.getAttribute("viewBox").split(" ").map(Number);
    let [x, y, width, height] = whole;
    let held = null;
    let dragged = false;
    let at = null;

    const bar = document.createElement("div");
    bar.className = "map-tools";
    const said = document.createElement("p");
    said.className = "map-said";
    said.setAttribute("aria-live", "polite");
    said.textContent = "Choose the map and use the arrow keys to go from district to district, Enter to open one, + and − to zoom, 0 for the whole map.";
    button("Zoom in", () => zoom(1.6));
    button("Zoom out", () => zoom(1 / 1.6));
    button("Whole map", () => { [x, y, width, height] = whole; show(); });
    svg.before(bar);
    svg.after(said);
    svg.setAttribute("tabindex", "0");
    // The arrow keys walk the districts: the map is one stop of the Tab key, not one for each.
    svg.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));

    function button(label, act) {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "btn btn-sm btn-outline-primary";
      made.textContent = label;
      made.addEventListener("click", act);
      bar.append(made);
    }

    function show() {
      x = Math.min(Math.max(x, whole[0]), whole[0] + whole[2] - width);
      y = Math.min(Math.max(y, whole[1]), whole[1] + whole[3] - height);
      svg.setAttribute("viewBox", [x, y, width, height].map(Math.round).join(" "));
    }

    function zoom(by, middle = [x + width / 2, y + height / 2]) {
      const factor = Math.min(1, Math.max(CLOSEST, width / whole[2] / by));
      const [wide, high] = [whole[2] * factor, whole[3] * factor];
      x = middle[0] - (middle[0] - x) * wide / width;
      y = middle[1] - (middle[1] - y) * high / height;
      [width, height] = [wide, high];
      show();
    }

    function middleOf(link) {
      const box = link.getBBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    }

    function choose(link) {
      if (at) at.classList.remove("chosen");
      at = link;
      at.classList.add("chosen");
      at.parentNode.append(at);
      said.textContent = at.querySelector("title").textContent;
      const [across, down] = middleOf(at);
      if (across < x || across > x + width || down < y || down > y + height) {
        [x, y] = [across - width / 2, down - height / 2];
        show();
      }
    }

    function step(direction) {
      const links = [...svg.querySelectorAll("a")];
      if (!links.length) return;
      const [fromX, fromY] = at ? middleOf(at) : [x + width / 2, y + height / 2];
      const away = (link) => {
        const [across, down] = middleOf(link);
        const ahead = (across - fromX) * direction[0] + (down - fromY) * direction[1];
        const aside = Math.abs((across - fromX) * direction[1]) + Math.abs((down - fromY) * direction[0]);
        return link === at || (at && ahead <= 0) ? Infinity : Math.abs(ahead) + 2 * aside;
      };
      const nearest = links.reduce((best, one) => (away(one) < away(best) ? one : best));
      if (away(nearest) < Infinity) choose(nearest);
    }

    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (TOWARDS[event.key]) step(TOWARDS[event.key]);
      else if (event.key === "Enter" && at) window.location = at.getAttribute("href");
      else if (event.key === "+" || event.key === "=") zoom(1.6, at ? middleOf(at) : undefined);
      else if (event.key === "-") zoom(1 / 1.6);
      else if (event.key === "0") { [x, y, width, height] = whole; show(); }
      else return;
      event.preventDefault();
    });
    svg.addEventListener("pointerdown", (event) => {
      held = [event.clientX, event.clientY];
      dragged = false;
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons || width === whole[2]) return;
      const scale = Math.max(width / svg.clientWidth, height / svg.clientHeight);
      const [moveX, moveY] = [event.clientX - held[0], event.clientY - held[1]];
      if (!dragged && Math.hypot(moveX, moveY) < 5) return;
      dragged = true;
      [x, y, held] = [x - moveX * scale, y - moveY * scale, [event.clientX, event.clientY]];
      show();
    });
    svg.addEventListener("pointerup", () => { held = null; });
    svg.addEventListener("click", (event) => { if (dragged) event.preventDefault(); });
    svg.addEventListener("dragstart", (event) => event.preventDefault());
  }

  document.querySelectorAll("[data-map]").forEach(start);
})();
