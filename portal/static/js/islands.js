// Parts of the page that change by themselves. Elements with data-live="topic …" are looked at again when one of their topics
// changes: the page is fetched once more, and each part that reads differently takes the place of the old one. A part that
// somebody is writing in, or that holds the focus or the pointer, waits until it is let go. Nothing on screen moves under the hand.
(() => {
  const SOON_MS = 400;
  const seen = new WeakMap();
  const waiting = new Map();
  let due = null;
  let wanted = new Set();

  const islands = (root = document) => [...root.querySelectorAll("[data-live]")];
  const topics = (island) => island.dataset.live.split(" ");

  // What a part says, without what differs each time it is drawn: tokens and keys.
  const reading = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[data-live]").forEach((inner) => { if (inner.id) inner.replaceWith(inner.id); });
    copy.querySelectorAll("input[name=csrf_token], input[name=idempotency_key], input[name=client_key]").forEach((input) => input.remove());
    return copy.outerHTML.replace(/\s+/g, " ");
  };

  const dirty = (element) => [...element.querySelectorAll("textarea, input, select")].some((field) => {
    if (field.type === "hidden" || field.type === "submit") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  });
  // Somebody writes in it, or is about to press something in it.
  const FIELDS = "input:not([type=hidden]):not([type=submit]), textarea, select";
  const held = (element) => element.contains(document.activeElement) && document.activeElement.matches(FIELDS);
  const pointed = (element) => matchMedia("(hover: hover)").matches && Boolean(element.querySelector(":is(a, button, summary, label, input, select, textarea):hover"));
  const busy = (element) => held(element) || pointed(element) || dirty(element) || Boolean(element.querySelector(".htmx-request, [data-upload][data-state=sending]"));

  // What is above the place the reader looks at may grow; what they look at stays where it is.
  const steadily = (act) => {
    const anchor = document.elementFromPoint(innerWidth / 2, innerHeight / 3)?.closest("[id]");
    const before = anchor?.getBoundingClientRect().top;
    act();
    if (anchor?.isConnected) {
      const moved = anchor.getBoundingClientRect().top - before;
      if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
    }
  };

  const place = (old, fresh) => {
    waiting.delete(old);
    const open = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
    steadily(() => old.replaceWith(fresh));
    open.forEach((id) => { const again = document.getElementById(id); if (again) again.open = true; });
    arrived(fresh);
  };

  const arrived = (fresh) => {
    note(fresh);
    window.htmx?.process(fresh);
    document.dispatchEvent(new CustomEvent("fragment:placed", { detail: { root: fresh } }));
    const word = fresh.dataset.announceChange;
    const box = document.getElementById("announcer");
    if (word && box) { box.textContent = ""; requestAnimationFrame(() => { box.textContent = word; }); }
  };

  const later = (old, fresh) => {
    const known = waiting.has(old);
    waiting.set(old, fresh);
    if (known) return;
    const attempt = () => {
      if (!old.isConnected) { waiting.delete(old); return; }
      if (!busy(old)) place(old, waiting.get(old));
      else setTimeout(attempt, 1000);
    };
    setTimeout(attempt, 1000);
  };

  const change = (old, next) => { if (busy(old)) later(old, next); else place(old, next); };

  // A part made of parts: what came is put in, what is gone is taken out, the rest stays as it is.
  const reconcile = (old, next) => {
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const fresh = [...next.children];
    const wanted = new Set(fresh.map((child) => child.id));
    [...old.children].filter((child) => !wanted.has(child.id) && !dirty(child) && !held(child)).forEach((child) => steadily(() => child.remove()));
    let before = null;
    for (const child of fresh.reverse()) {
      let here = [...old.children].find((known) => known.id === child.id);
      if (!here) {
        here = child;
        steadily(() => old.insertBefore(child, before));
        arrived(child);
      } else if (here.nextElementSibling !== before && !held(here)) steadily(() => old.insertBefore(here, before));
      before = here;
    }
    seen.set(old, reading(old));
  };

  const compare = (page) => {
    const fresh = new Map(islands(page).map((island) => [island.id, island]));
    islands().forEach((old) => {
      const next = fresh.get(old.id);
      if (!next || !old.isConnected || seen.get(old) === reading(next)) return;
      const parts = [...next.children];
      if (old.dataset.parts !== undefined && parts.every((part) => part.id)) reconcile(old, next);
      else change(old, next);
    });
  };

  const look = async () => {
    due = null;
    wanted = new Set();
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "again" }, credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      compare(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the next change asks again */ }
  };

  const soon = () => { if (!due) due = setTimeout(look, SOON_MS + Math.random() * SOON_MS); };
  const note = (island) => {
    seen.set(island, reading(island));
    islands(island).forEach((inner) => seen.set(inner, reading(inner)));
  };

  // Before other scripts touch them: how the parts read as the server sent them.
  islands().forEach((island) => seen.set(island, reading(island)));
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-live]")) seen.set(event.target, reading(event.target));
    islands(event.target).forEach((island) => seen.set(island, reading(island)));
  });
  document.addEventListener("milepost:changed", (event) => {
    if (islands().some((island) => topics(island).includes(event.detail.topic))) soon();
  });
  document.addEventListener("milepost:connected", (event) => { if (event.detail.again && islands().length) soon(); });
  document.addEventListener("milepost:poll", () => { if (islands().length) look(); });
})();
