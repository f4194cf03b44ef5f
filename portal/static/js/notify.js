// Notifications of the browser: document.dispatchEvent(new CustomEvent("milepost:notify", {detail: {title, body, href}}))
// shows one, when the person allowed it and looks at something else. Whether they want any, the server knows.
(() => {
  const isAllowed = () => "Notification" in window && Notification.permission === "granted";
  // Only to places of this portal.
  const inside = (href) => {
    const address = new URL(href || location.href, location.href);
    return address.origin === location.origin ? address.href : location.href;
  };

  document.addEventListener("milepost:notify", (event) => {
    const { title, body, href } = event.detail || {};
    if (!title || !document.hidden || !isAllowed()) return;
    let shown;
    try {
      // Several about the same place are one.
      shown = new Notification(String(title), { body: String(body || ""), tag: inside(href) });
    } catch {
      // Some phones only let a service worker show them.
      return;
    }
    shown.addEventListener("click", () => {
      shown.close();
      window.focus();
      if (href) location.assign(inside(href));
    });
  });
})();
