// Files of a message that are too large for its form: uploaded first, by uploads.js, which is fetched when the first one is chosen.
// The message is sent when all of them are here. What is small goes with the form, as without this script.
(() => {
  const zoneOf = (form) => form.querySelector("[data-upload-zone]");
  const say = (form, words) => {
    const box = form.querySelector("[data-say-error]");
    box.hidden = !words;
    box.querySelector("span").textContent = words || "";
  };

  let loading = null;
  const added = (wanted) => new Promise((done, failed) => {
    const script = document.createElement("script");
    if (wanted.integrity) script.integrity = wanted.integrity;
    script.addEventListener("load", done);
    script.addEventListener("error", failed);
    script.src = wanted.src;
    document.head.append(script);
  });
  const loaded = async (form) => {
    if (window.milepost?.uploads) return;
    loading ??= (async () => {
      for (const wanted of form.querySelector("[data-upload-scripts]").content.querySelectorAll("script")) await added(wanted);
    })();
    try { await loading; } catch (error) { loading = null; throw error; }
  };

  // The input keeps what the form may carry; the others are returned.
  const tooLarge = (form, input) => {
    const room = Number(zoneOf(form).dataset.formBytes);
    const kept = new DataTransfer();
    const large = [];
    let used = 0;
    for (const file of input.files) {
      if (used + file.size > room) { large.push(file); continue; }
      used += file.size;
      kept.items.add(file);
    }
    if (large.length) input.files = kept.files;
    return large;
  };

  const hand = async (form, files) => {
    try {
      await loaded(form);
    } catch {
      say(form, form.querySelector("[data-upload-scripts]").dataset.failed);
      return;
    }
    say(form, "");
    // The form may have been replaced while the script came.
    window.milepost.uploads.take(zoneOf(document.getElementById(form.id) || form), files);
  };

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-say]");
    if (!form || event.target.name !== "attachment") return;
    const files = tooLarge(form, event.target);
    if (files.length) hand(form, files);
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target;
    if (!form.matches?.("[data-say]") || !window.milepost?.uploads) return;
    const zone = zoneOf(form);
    if (window.milepost.uploads.isWhole(zone)) return;
    event.preventDefault();
    say(form, zone.dataset.wait);
  });

  document.addEventListener("milepost:ready", (event) => {
    const form = event.target.closest?.("[data-say]");
    const said = form?.querySelector("[data-say-error] span").textContent;
    if (form && said === zoneOf(form).dataset.wait && window.milepost.uploads.isWhole(zoneOf(form))) say(form, "");
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.requestConfig?.elt;
    if (!form?.matches?.("[data-say]") || !window.milepost?.uploads) return;
    const status = event.detail.xhr?.status;
    // Whoever is out is sent to the door; nothing was said.
    if (event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
    if (status === 422) window.milepost.uploads.verify(zoneOf(document.getElementById(form.id) || form));
    else if (status >= 200 && status < 300) window.milepost.uploads.sent(event.detail.requestConfig.formData.getAll("upload"));
  });
})();
