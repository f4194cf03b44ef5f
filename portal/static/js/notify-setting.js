// The choice to be told by the browser: asks for its permission when the box is ticked, and says why it cannot be.
(() => {
  const setting = document.querySelector("[data-notify-setting]");
  const box = setting?.querySelector("input[type=checkbox]");
  const says = setting?.querySelector("[data-notify-says]");
  if (!box || !says) return;

  const say = (text) => { says.textContent = text || ""; says.hidden = !text; };
  const isAble = "Notification" in window && window.isSecureContext;

  const ask = async () => {
    if (!box.checked) { say(""); return; }
    const answer = isAble ? await Notification.requestPermission() : "unable";
    if (answer === "granted") { say(""); return; }
    box.checked = false;
    say(answer === "unable" ? setting.dataset.unable : setting.dataset.denied);
  };

  box.addEventListener("change", ask);
  // Wanted, but not in this browser: it was chosen in another one, or taken back here.
  if (box.checked && (!isAble || Notification.permission === "denied")) say(isAble ? setting.dataset.denied : setting.dataset.unable);
})();
