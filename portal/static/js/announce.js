// Says politely what changed, keeps the focus where it was when a fragment is replaced, and brings errors into view.
// data-announce="…" on swapped-in markup is read out; data-focus takes the focus (an error summary).
(() => {
  const box = document.getElementById("announcer");
  const say = (text) => { if (box && text) { box.textContent = ""; requestAnimationFrame(() => { box.textContent = text; }); } };
  let kept = null;

  const focusWanted = (root) => {
    const target = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
    if (target) target.focus();
    return Boolean(target);
  };

  document.addEventListener("htmx:beforeSwap", () => {
    const active = document.activeElement;
    kept = active && active !== document.body ? { id: active.id, name: active.name, value: active.value, tag: active.tagName } : null;
  });

  const again = () => {
    if (!kept || document.activeElement !== document.body) return;
    const byName = () => [...document.getElementsByName(kept.name || "-")]
      .find((element) => element.tagName === kept.tag && (kept.tag !== "BUTTON" || element.value === kept.value));
    const target = (kept.id && document.getElementById(kept.id)) || byName();
    if (target) target.focus({ preventScroll: true });
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.target;
    if (!focusWanted(root)) again();
    const spoken = root.matches?.("[data-announce]") ? root : root.querySelector?.("[data-announce]");
    if (spoken) say(spoken.dataset.announce);
    if (root.id === "toasts") root.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("htmx:sendError", () => say(box?.dataset.offline));
  focusWanted(document);
})();
