// One click, one post: a form already on its way is not sent again. Comes back with the page from the back/forward cache,
// and after a while, for answers that do not leave the page (a download). The server keeps its own guard: idempotency keys.
(() => {
  const AGAIN_AFTER = 10000;
  const release = (form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent !== undefined) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    setTimeout(() => {
      if (event.defaultPrevented) return;
      form.dataset.sent = "";
      form.setAttribute("aria-busy", "true");
      setTimeout(() => release(form), AGAIN_AFTER);
    });
  }, true);

  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
})();
