// One upload on the page: its name, how far it is, how fast, how long still, what went wrong. Knows nothing of the network.
// milepost.uploadRow(zone, name, total) clones the zone's template and gives the few verbs uploads.js needs.
(() => {
  const language = document.documentElement.lang;
  const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const SMOOTHING = 0.3;

  const inUnit = (value, unit, digits = 0, unitDisplay = "short") => new Intl.NumberFormat(language, {
    style: "unit", unit, unitDisplay, maximumFractionDigits: digits,
  }).format(value);

  const bytes = (count) => {
    const step = Math.min(Math.floor(Math.log2(Math.max(count, 1)) / 10), SIZES.length - 1);
    return inUnit(count / 1024 ** step, SIZES[step], step > 1 ? 1 : 0);
  };

  const duration = (seconds) => {
    if (seconds < 60) return inUnit(Math.max(1, Math.round(seconds)), "second", 0, "long");
    if (seconds < 5400) return inUnit(Math.round(seconds / 60), "minute", 0, "long");
    return inUnit(seconds / 3600, "hour", 1, "long");
  };

  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  const announce = (text) => { const box = document.getElementById("announcer"); if (box) box.textContent = text; };

  // Speed over the last seconds, not since the beginning: what matters is when it will be done from here.
  const speedometer = () => {
    let last = null;
    let speed = 0;
    return (sent) => {
      const now = performance.now();
      if (!last || sent < last.sent) { last = { now, sent }; return speed; }
      if (now - last.now < 500) return speed;
      const current = ((sent - last.sent) * 1000) / (now - last.now);
      speed = speed ? speed + SMOOTHING * (current - speed) : current;
      last = { now, sent };
      return speed;
    };
  };

  const uploadRow = (zone, name, total) => {
    const words = zone.querySelector("[data-upload-words]").dataset;
    const root = zone.querySelector("[data-upload-template]").content.firstElementChild.cloneNode(true);
    const part = (hook) => root.querySelector(`[data-${hook}]`);
    const text = (hook, value) => { const found = part(hook); if (found.textContent !== value) found.textContent = value; };
    let measure = speedometer();

    text("name", name);
    part("progress").setAttribute("aria-label", `${part("progress").getAttribute("aria-label")}: ${name}`);
    const label = (hook, word) => {
      part(hook).querySelector("span").textContent = word;
      part(hook).setAttribute("aria-label", `${word}: ${name}`);
    };
    for (const hook of ["pause", "resume", "cancel"]) label(hook, part(hook).textContent.trim());

    const state = (value, status) => {
      root.dataset.state = value;
      text("status", status ?? words[value]);
      part("pause").hidden = value !== "sending";
      part("resume").hidden = value !== "paused" && value !== "failed";
      part("cancel").hidden = value === "done" || value === "checking";
      if (value !== "failed") part("error").hidden = true;
      if (value !== "sending") { text("speed", ""); text("left", ""); measure = speedometer(); }
    };

    const progress = (sent) => {
      const speed = measure(sent);
      part("progress").value = total ? Math.floor((sent / total) * 1000) : 1000;
      text("percent", new Intl.NumberFormat(language, { style: "percent" }).format(total ? Math.floor((sent / total) * 100) / 100 : 1));
      text("amount", fill(words.of, { done: bytes(sent), total: bytes(total) }));
      text("speed", speed ? fill(words.speed, { amount: bytes(speed) }) : "");
      text("left", speed && sent < total ? fill(words.left, { time: duration((total - sent) / speed) }) : "");
    };

    const fail = (sentence, mayResume) => {
      state("failed");
      part("error").hidden = false;
      root.querySelector("[data-error-text]").textContent = sentence;
      part("resume").hidden = !mayResume;
      if (!mayResume) label("cancel", words.dismiss);
      announce(`${name}: ${sentence}`);
    };

    const done = () => {
      progress(total);
      state("done");
      announce(fill(words.finished, { name }));
    };

    // It waits for the message it belongs to, whose form names it.
    const keep = (id) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: "upload", value: id });
      root.append(input);
      label("cancel", words.remove);
      part("cancel").hidden = false;
    };

    const lose = () => {
      root.querySelector("input[name=upload]")?.remove();
      fail(words.lost, false);
    };

    const on = (hook, act) => part(hook).addEventListener("click", act);
    state("waiting");
    return { root, words, state, progress, fail, done, keep, lose, on };
  };

  window.milepost = { ...window.milepost, uploadRow };
})();
