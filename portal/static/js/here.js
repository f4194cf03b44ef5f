// Who of the other side has this project open: told by the server's processes, each for a few seconds. What is not told again is
// forgotten, and without a socket nobody is shown. In return the page says whether somebody looks at it.
(() => {
  const AGAIN_MS = 3000;
  const told = new Map();
  const places = () => [...document.querySelectorAll("[data-here]")];
  const among = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });

  const named = (name) => { const part = document.createElement("bdi"); part.textContent = name; return part; };
  const sentence = (place, names) => {
    const [before, after] = (names.length > 1 ? place.dataset.many : place.dataset.one).split("{names}");
    const parts = among.formatToParts(names).map(({ type, value }) => (type === "element" ? named(value) : value));
    return [before, ...parts, after];
  };

  const show = () => places().forEach((place) => {
    const people = new Map();
    told.forEach((each) => {
      if (each.project === place.dataset.here) each.people.forEach(({ id, name }) => people.set(id, name));
    });
    const names = [...people.values()].sort();
    const shown = names.join("\n");
    if ((place.dataset.shown || "") === shown) return;
    place.dataset.shown = shown;
    place.replaceChildren(...(names.length ? sentence(place, names) : []));
  });

  const forget = (source) => { clearTimeout(told.get(source)?.timer); told.delete(source); };

  document.addEventListener("milepost:present", (event) => {
    const { project, source, people, seconds } = event.detail;
    forget(source);
    told.set(source, { project, people, timer: setTimeout(() => { forget(source); show(); }, seconds * 1000) });
    show();
  });
  document.addEventListener("milepost:disconnected", () => { [...told.keys()].forEach(forget); show(); });

  // One after the other, so that what was true last is what the server hears last.
  const isLooked = () => document.visibilityState === "visible";
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let said = null;
  let saying = false;
  let line = 0;
  const say = async () => {
    const thread = document.querySelector("[data-talk]")?.dataset.thread;
    if (!thread || saying) return;
    saying = true;
    const now = () => `${line}:${isLooked()}`;
    while (window.milepostLive?.connected && said !== now()) {
      const saidNow = now();
      const answer = await window.milepostLive.say("here", { thread, visible: isLooked() });
      if (answer?.ok || answer?.error === "refused") said = saidNow;
      else await pause(AGAIN_MS);
    }
    saying = false;
  };
  document.addEventListener("milepost:connected", () => { line += 1; say(); });
  document.addEventListener("visibilitychange", say);
  // A conversation may come into the page, or anew, while somebody is there.
  ["htmx:load", "fragment:placed"].forEach((name) => document.addEventListener(name, () => { show(); say(); }));
})();
