// A share link carries the code behind the #, which browsers never send. It fills the field; the person presses Enter.
(() => {
  const field = document.querySelector("[data-enter] input[name=code]");

  const fill = () => {
    const code = location.hash.slice(1).replaceAll("%20", " ");
    if (!field || !/^[0-9A-Za-z -]{16,40}$/.test(code)) return;
    field.value = code;
    history.replaceState(null, "", location.pathname);
    field.focus();
  };

  fill();
  // The link pasted into the address bar of a page that is this one already.
  addEventListener("hashchange", fill);
})();
