// Two clocks: beside a time in the project's zone, the reader's own, when it reads differently.
(() => {
  const language = document.documentElement.lang;
  const reader = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const words = (moment, timeZone, withDay) => new Intl.DateTimeFormat(language, {
    timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(withDay ? { month: "short", day: "numeric" } : {}),
  }).format(moment);

  const place = (time) => {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || time.dataset.placed !== undefined) return;
    time.dataset.placed = "";
    if (words(moment, reader, true) === words(moment, time.dataset.zone, true)) return;
    const day = (zone) => new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short" }).format(moment);
    const own = document.createElement("span");
    own.className = "local-time";
    own.textContent = time.dataset.localText.replace("{time}", words(moment, reader, day(reader) !== day(time.dataset.zone)));
    own.title = reader;
    time.after(own);
  };

  const all = (root) => root.querySelectorAll("time[data-local]").forEach((time) => {
    try { place(time); } catch { /* a zone this browser does not know: the project's time stands alone */ }
  });

  all(document);
  document.addEventListener("htmx:load", (event) => all(event.target));
  document.addEventListener("fragment:placed", () => all(document));
})();
