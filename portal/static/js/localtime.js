// Two clocks: beside a time in the project's zone, the reader's own, when it reads differently.
(() => {
  const page = document.documentElement.lang;
  const language = page === "en" ? "en-GB" : page;
  const reader = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const words = (moment, timeZone, withDay) => new Intl.DateTimeFormat(language, {
    timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(withDay ? { month: "short", day: "numeric" } : {}),
  }).format(moment);

  // "Berlin" in English; in Chinese the browser's own name of the zone, "德国时间".
  const named = (moment) => {
    if (page === "en") return reader.split("/").pop().replaceAll("_", " ");
    const parts = new Intl.DateTimeFormat(language, { timeZone: reader, timeZoneName: "shortGeneric" }).formatToParts(moment);
    return parts.find((part) => part.type === "timeZoneName").value;
  };

  const place = (time) => {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || time.dataset.placed !== undefined) return;
    time.dataset.placed = "";
    if (words(moment, reader, true) === words(moment, time.dataset.zone, true)) return;
    const day = (zone) => new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short" }).format(moment);
    // Midnight there may be shown as 24:00 of the day before, so the reader's time names its day.
    const midnight = words(moment, time.dataset.zone, false) === "00:00";
    const own = document.createElement("span");
    own.className = "local-time";
    own.textContent = time.dataset.localText.replace("{zone}", named(moment))
      .replace("{time}", words(moment, reader, midnight || day(reader) !== day(time.dataset.zone)));
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
