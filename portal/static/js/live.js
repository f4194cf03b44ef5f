// One socket for the page: what is pushed is handed to the parts it is for, and the page says when nothing can be pushed.
// Without a socket it asks now and then instead (milepost:poll). Parts listen for the events below on the document.
(() => {
  const state = document.getElementById("live-state");
  const POLL_MS = 30000;
  const TRIES = 4;
  let socket = null;
  let failures = 0;
  let polling = null;
  let out = false;

  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`milepost:${name}`, { detail }));

  const show = (word) => {
    if (!state || state.dataset.shown === word) return;
    state.dataset.shown = word;
    state.querySelectorAll("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== word; });
  };

  // A little earlier or later for everybody, so that not all ask at once.
  const about = (ms) => ms * (0.75 + Math.random() / 2);

  const ask = () => {
    if (document.visibilityState === "visible") tell("poll", {});
    polling = setTimeout(ask, about(POLL_MS));
  };
  const poll = () => { if (!polling && !out) { show("polling"); polling = setTimeout(ask, about(POLL_MS)); } };
  const rest = () => { clearTimeout(polling); polling = null; };

  const connect = () => {
    socket = io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 8000, timeout: 10000 });
    socket.on("connect", () => {
      const again = failures > 0 || socket.recovered === false && state?.dataset.shown === "polling";
      failures = 0;
      rest();
      show("live");
      tell("connected", { again });
    });
    socket.on("connect_error", (error) => {
      failures += 1;
      if (error.message === "signed_out") { leave(); return; }
      if (failures >= TRIES) poll();
    });
    socket.on("disconnect", (reason) => {
      tell("disconnected", {});
      if (out) return;
      failures += 1;
      show("away");
      // The server said goodbye: it may come back, or this access has ended. Asking tells which.
      if (reason === "io server disconnect") setTimeout(() => { if (!out) socket.connect(); }, about(1500));
      setTimeout(() => { if (!socket.connected) poll(); }, 6000);
    });
    socket.on("fragment", (message) => tell("fragment", message));
    socket.on("changed", (message) => tell("changed", message));
    socket.on("typing", (message) => tell("typing", message));
    socket.on("present", (message) => tell("present", message));
    socket.on("signed_out", leave);
  };

  // An ended access: the page says so and stands still. Nothing typed is lost; the next click leads to the way in.
  const leave = () => {
    if (out) return;
    out = true;
    rest();
    show("out");
    socket.disconnect();
    tell("signed-out", {});
  };

  window.milepostLive = {
    get connected() { return Boolean(socket?.connected); },
    // Resolves to what the server answered, or null where there is no socket or no answer.
    say: (event, content) => new Promise((resolve) => {
      if (!socket?.connected) { resolve(null); return; }
      socket.timeout(5000).emit(event, content, (error, answer) => resolve(error ? null : answer));
    }),
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (polling) tell("poll", {});
    else if (socket && !socket.connected && !out) socket.connect();
  });

  if (state && typeof io === "function") connect();
  else if (state) poll();
})();
