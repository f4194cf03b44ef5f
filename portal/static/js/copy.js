// Buttons with data-copy put that text on the clipboard, say so on themselves for two seconds and to screen readers.
(() => {
  const announce = (text) => { const box = document.getElementById("announcer"); if (box) box.textContent = text; };

  const show = (root) => {
    if (!navigator.clipboard) return;
    root.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
  };

  const confirmOn = (button) => {
    const word = button.querySelector("[data-copy-word]");
    announce(button.dataset.copied || "");
    if (!word || button.hasAttribute("data-done")) return;
    const before = word.textContent;
    word.textContent = button.dataset.copiedShort || before;
    button.setAttribute("data-done", "");
    setTimeout(() => { word.textContent = before; button.removeAttribute("data-done"); }, 2000);
  };

  const selectBeside = (button) => {
    const value = button.parentElement.querySelector(".copy-value, [data-access-code]");
    if (value) getSelection().selectAllChildren(value);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      confirmOn(button);
    } catch {
      selectBeside(button);
    }
  });

  show(document);
  document.addEventListener("htmx:load", (event) => show(event.target));
  document.addEventListener("fragment:placed", () => show(document));
})();
