"use strict";
// Keeps a part of a page up to date: told by a stream of events that something has changed, it
// fetches the part again. Where a stream fails or there are enough of them, it asks every now and
// then instead. Both stop while the tab is hidden.
{
  const part = document.querySelector("[data-live]");
  const said = document.getElementById("live-said");
  const POLL_SECONDS = 15;
  const ALL_ANEW_SECONDS = 300; // ages and mail are shown too, and change without an event
  let mark = part.dataset.mark;
  let stream = null;
  let timer = null;
  let asking = false;
  let again = false;
  let freshAt = Date.now();

  const clock = () =>
    new Date().toLocaleTimeString("en-GB", {
      hour: "2-digit",
      minute: "2-digit",
      timeZone: "Europe/London",
    });

  const focused = () => {
    const active = document.activeElement;
    if (!part.contains(active)) {
      return () => {};
    }
    const href = active.getAttribute("href");
    return () => {
      const same = href && part.querySelector(`a[href="${CSS.escape(href)}"]`);
      (same || document.getElementById("content")).focus({ preventScroll: true });
    };
  };

  const put = (html) => {
    const refocus = focused();
    const page = new DOMParser().parseFromString(html, "text/html");
    const open = Array.from(part.querySelectorAll("details"), (one) => one.open);
    part.replaceChildren(...page.body.childNodes);
    part.querySelectorAll("details").forEach((one, number) => {
      one.open ||= Boolean(open[number]);
    });
    refocus();
  };

  const ask = async ({ all = false } = {}) => {
    if (asking) {
      again = true; // what came meanwhile may not be in the answer that is on its way
      return;
    }
    asking = true;
    try {
      const headers = all ? {} : { "If-None-Match": `"${mark}"` };
      const answer = await fetch(part.dataset.live, { headers, cache: "no-store" });
      if (answer.redirected || answer.status === 401) {
        stop();
        said.textContent = "You are signed out, so this page no longer changes.";
      } else if (answer.ok) {
        put(await answer.text());
        mark = (answer.headers.get("ETag") || "").replaceAll('"', "");
        freshAt = Date.now();
        said.textContent = `As of ${clock()}.`;
      }
    } catch {
      said.textContent = "Convene does not answer at the moment. This page tries again by itself.";
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      ask();
    }
  };

  const poll = () => {
    timer ??= setInterval(() => {
      ask({ all: Date.now() - freshAt > ALL_ANEW_SECONDS * 1000 });
    }, POLL_SECONDS * 1000);
  };

  const listen = () => {
    stream = new EventSource(part.dataset.stream);
    stream.addEventListener("news", (event) => {
      if (event.data !== mark) {
        ask();
      }
    });
    stream.addEventListener("error", () => {
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        poll();
      }
    });
  };

  const start = () => {
    if (stream === null && timer === null) {
      listen();
    }
  };

  const stop = () => {
    stream?.close();
    stream = null;
    clearInterval(timer);
    timer = null;
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop();
    } else {
      ask({ all: true });
      start();
    }
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      start();
    }
  });
  if (!document.hidden) {
    start();
  }
}
