// A conversation: new lines come in by themselves and in order, each once, whatever happens to the line in between; a message that
// could not be sent stays in its box; older ones are loaded above without moving what is read; who is typing, who has read.
(() => {
  const talks = () => [...document.querySelectorAll("[data-talk]")];
  const talkOf = (thread) => document.getElementById(`talk-${thread}`);
  const listOf = (talk) => document.getElementById(`messages-${talk.dataset.thread}`);
  const lines = (list) => [...list.querySelectorAll(":scope > [data-seq]")];
  const seqOf = (element) => Number(element.dataset.seq);
  const last = (talk) => Math.max(0, ...lines(listOf(talk)).map(seqOf));
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const parse = (html) => { const box = document.createElement("template"); box.innerHTML = html; return box.content; };
  const later = (talk) => talk.querySelector("[data-later]");

  // --- lines in their order, each once ------------------------------------------------------------------------------

  const scrolls = (list) => getComputedStyle(list).overflowY === "auto" && list.scrollHeight > list.clientHeight;
  const atEnd = (list) => (scrolls(list) ? list.scrollHeight - list.scrollTop - list.clientHeight < 80 : false);
  const toEnd = (list) => { if (scrolls(list)) list.scrollTop = list.scrollHeight; };

  // Somebody's mark of reading stands in one place only.
  const unmark = (list, line) => line.querySelectorAll("[data-mark]").forEach((mark) => {
    list.querySelectorAll(`[data-mark="${mark.dataset.mark}"]`).forEach((other) => { if (!line.contains(other)) other.remove(); });
  });

  const settle = (line) => {
    window.htmx?.process(line);
    document.dispatchEvent(new CustomEvent("fragment:placed", { detail: { root: line } }));
  };

  const place = (talk, line, onlyKnown = false) => {
    const list = listOf(talk);
    const known = document.getElementById(line.id);
    unmark(list, line);
    if (known) { known.replaceWith(line); settle(line); return; }
    if (onlyKnown) return;
    const next = lines(list).find((other) => seqOf(other) > seqOf(line));
    list.insertBefore(line, next || null);
    talk.querySelector("[data-talk-empty]")?.remove();
    settle(line);
  };

  const add = (talk, html) => {
    const list = listOf(talk);
    const follow = atEnd(list);
    const fresh = [...parse(html).querySelectorAll("[data-seq]")];
    fresh.forEach((line) => place(talk, line));
    if (follow) toEnd(list);
    return fresh.length;
  };

  // What is missing between the last line shown and the end: after a lost connection, or when one came before another.
  // Whoever asks meanwhile makes it look once more: what came after an answer was made is not in that answer.
  const CATCH_UP_MS = 15000;
  const catchUp = async (talk) => {
    if (later(talk) || !talk.isConnected) return;
    if (talk.dataset.catching) { talk.dataset.catching = "again"; return; }
    do {
      talk.dataset.catching = "once";
      try { while (await fetchAfter(talk)); } catch { onceMore(talk); }
    } while (talk.dataset.catching === "again");
    delete talk.dataset.catching;
    saw(talk);
  };

  // The next page of what is missing; whether there is more. An answer that never comes is not waited for.
  const fetchAfter = async (talk) => {
    const answer = await fetch(`${talk.dataset.address}?after=${last(talk)}`, {
      headers: { "HX-Request": "true" }, credentials: "same-origin", signal: AbortSignal.timeout(CATCH_UP_MS),
    });
    if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
    if (!answer.ok || answer.headers.get("HX-Redirect")) return false;
    const head = Number(answer.headers.get("X-Head-Seq"));
    return add(talk, await answer.text()) > 0 && last(talk) < head;
  };
  // With a socket nothing else would ask again; without one, connecting and polling do.
  const onceMore = (talk) => setTimeout(() => { if (window.milepostLive?.connected) catchUp(talk); }, 5000);

  document.addEventListener("milepost:fragment", (event) => {
    const { thread, seq, html, swap } = event.detail;
    const talk = talkOf(thread);
    if (!talk) return;
    const line = parse(html).querySelector("[data-seq]");
    if (swap !== "beforeend") { place(talk, line, true); return; }
    if (later(talk)) return;
    if (seq > last(talk) + 1) { catchUp(talk); return; }
    const list = listOf(talk);
    const follow = atEnd(list) || line.dataset.author === talk.dataset.me;
    place(talk, line);
    if (follow) toEnd(list);
    hush(talk);
    saw(talk);
    notify(talk, line);
  });
  document.addEventListener("milepost:connected", () => talks().forEach(catchUp));
  document.addEventListener("milepost:poll", () => talks().forEach(catchUp));

  // --- sending --------------------------------------------------------------------------------------------------------

  const formTalk = (form) => form.closest("[data-talk]");
  const complain = (form, words) => {
    const box = form.querySelector("[data-say-error]");
    box.hidden = !words;
    box.querySelector("span").textContent = words || "";
  };
  const newKey = () => crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const empty = (form) => {
    drafts.delete(form.id);
    tried.delete(form.id);
    form.body.value = "";
    form.attachment.value = "";
    form.quoted.value = "";
    form.client_key.value = newKey();
    form.querySelector("[data-quoted]").hidden = true;
    attachWord(form);
    complain(form, "");
  };

  // What is sent again as it was is the same message, under the same key. What was changed since is another one: the first may
  // have arrived although its answer did not.
  const tried = new Map();
  const contentOf = (form) => JSON.stringify([
    form.body.value, form.quoted.value, [...form.attachment.files].map((file) => [file.name, file.size, file.lastModified]),
    [...form.querySelectorAll("input[name=upload]")].map((input) => input.value),
  ]);
  const keyOf = (form) => {
    const content = contentOf(form);
    if (tried.has(form.id) && tried.get(form.id) !== content) form.client_key.value = newKey();
    tried.set(form.id, content);
    return form.client_key.value;
  };

  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target;
    if (!form.matches?.("[data-say]")) return;
    event.detail.parameters.client_key = keyOf(form);
    event.detail.parameters.after = last(formTalk(form));
    if (later(formTalk(form))) delete event.detail.parameters.after;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    if (!form?.matches?.("[data-say]") || event.detail.xhr.status >= 400) return;
    // Lines that came through the socket meanwhile are there already.
    event.detail.shouldSwap = false;
    const talk = formTalk(form);
    if (event.detail.xhr.status === 204) { if (event.detail.xhr.getResponseHeader("HX-Redirect")) return; empty(form); location.assign(talk.dataset.address); return; }
    add(talk, event.detail.xhr.responseText);
    toEnd(listOf(talk));
    empty(form);
    form.body.focus();
    saw(talk);
  });
  const failed = (event) => {
    const form = event.detail.elt;
    if (form?.matches?.("[data-say]") && event.detail.xhr?.status !== 422) complain(form, form.dataset.unsent);
  };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:timeout", failed);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("[data-say]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  });

  const attachWord = (form) => {
    const word = form.querySelector("[data-attach-word]");
    word.dataset.usual ??= word.textContent;
    const names = [...form.attachment.files].map((file) => file.name);
    word.textContent = names.length ? names.join(", ") : word.dataset.usual;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-say]");
    if (form && event.target.name === "attachment") attachWord(form);
  });

  document.addEventListener("click", (event) => {
    const reply = event.target.closest?.("[data-reply]");
    const talk = event.target.closest?.("[data-talk]");
    if (reply && talk) {
      const form = talk.querySelector("[data-say]");
      const line = reply.closest("[data-seq]");
      event.preventDefault();
      form.quoted.value = reply.dataset.reply;
      form.querySelector("[data-quoted]").hidden = false;
      form.querySelector("[data-quoted-text]").textContent =
        `${line.querySelector(".message-author").textContent}: ${line.querySelector(".message-body")?.textContent.trim() || ""}`;
      form.body.focus();
    }
    if (event.target.closest?.("[data-unquote]") && talk) {
      const form = talk.querySelector("[data-say]");
      event.preventDefault();
      form.quoted.value = "";
      form.querySelector("[data-quoted]").hidden = true;
    }
  });

  // --- what was before ------------------------------------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("[data-earlier]");
    const talk = link?.closest("[data-talk]");
    if (!talk) return;
    event.preventDefault();
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    const list = listOf(talk);
    const first = lines(list)[0];
    try {
      const answer = await fetch(`${talk.dataset.address}?before=${seqOf(first)}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const top = first.getBoundingClientRect().top;
      const fresh = [...parse(await answer.text()).querySelectorAll("[data-seq]")];
      fresh.forEach((line) => place(talk, line));
      const moved = first.getBoundingClientRect().top - top;
      if (scrolls(list)) list.scrollTop += moved; else scrollBy({ top: moved, behavior: "instant" });
      if (!fresh.length || seqOf(fresh[0]) <= 1) link.parentElement.remove();
    } catch { link.querySelector("span").textContent = talk.dataset.lost; }
    link.ariaBusy = "false";
  });

  // --- who is typing, who has read --------------------------------------------------------------------------------------

  // What is typed and not sent outlives the part of the page it stands in.
  const drafts = new Map();
  const SAY_TYPING_MS = 3000;
  const HUSH_MS = 6000;
  let typed = 0;
  const hushing = new Map();
  const hush = (talk) => {
    clearTimeout(hushing.get(talk));
    const box = document.getElementById(`typing-${talk.dataset.thread}`);
    if (box) box.textContent = "";
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-say]");
    if (!form || event.target.name !== "body") return;
    drafts.set(form.id, { body: form.body.value, key: form.client_key.value });
    if (Date.now() - typed < SAY_TYPING_MS) return;
    typed = Date.now();
    window.milepostLive?.say("typing", { thread: formTalk(form).dataset.thread });
  });
  document.addEventListener("milepost:typing", (event) => {
    const talk = talkOf(event.detail.thread);
    const box = talk && document.getElementById(`typing-${event.detail.thread}`);
    if (!box) return;
    box.textContent = box.dataset.typing.replace("{name}", event.detail.name);
    clearTimeout(hushing.get(talk));
    hushing.set(talk, setTimeout(() => hush(talk), HUSH_MS));
  });

  // Read is what was on the screen of somebody who was there.
  const isShown = (talk) => {
    const list = listOf(talk);
    const end = lines(list).at(-1)?.getBoundingClientRect();
    if (!end || later(talk) || document.visibilityState !== "visible" || !document.hasFocus()) return false;
    const box = scrolls(list) ? list.getBoundingClientRect() : { top: 0, bottom: innerHeight };
    return end.top < Math.min(box.bottom, innerHeight) && end.bottom > Math.max(box.top, 0);
  };
  const saw = async (talk) => {
    const seq = last(talk);
    if (!talk.isConnected || seq <= Number(talk.dataset.read) || !isShown(talk)) return;
    talk.dataset.read = String(seq);
    document.querySelectorAll(`[data-unread="${talk.dataset.thread}"]`).forEach((count) => { count.textContent = ""; });
    const answer = await window.milepostLive?.say("read", { thread: talk.dataset.thread, seq });
    if (answer?.ok) return;
    try {
      await fetch(`${talk.dataset.address}/reading`, {
        method: "POST", credentials: "same-origin", body: new URLSearchParams({ seq }), headers: { "HX-Request": "true", "X-CSRFToken": token() },
      });
    } catch { talk.dataset.read = "0"; }
  };
  let looking = null;
  const lookSoon = () => { clearTimeout(looking); looking = setTimeout(() => talks().forEach(saw), 300); };
  ["scroll", "focus", "visibilitychange", "pointerdown"].forEach((name) => addEventListener(name, lookSoon, { capture: true, passive: true }));

  const notify = (talk, line) => {
    if (line.dataset.author === talk.dataset.me || line.classList.contains("message-fact")) return;
    document.dispatchEvent(new CustomEvent("milepost:notify", { detail: {
      title: line.querySelector(".message-author")?.textContent || "", body: line.querySelector(".message-body")?.textContent.trim().slice(0, 120) || "",
      href: `${talk.dataset.address}#${line.id}`,
    } }));
  };

  const begin = (root) => [...root.querySelectorAll("[data-talk]")].forEach((talk) => {
    const list = listOf(talk);
    const form = talk.querySelector("[data-say]");
    const draft = drafts.get(form.id);
    if (draft && !form.body.value) { form.body.value = draft.body; form.client_key.value = draft.key; }
    const unread = document.getElementById("unread");
    if (unread && list.contains(unread) && scrolls(list)) list.scrollTop = unread.offsetTop - list.offsetTop; else toEnd(list);
    lookSoon();
  });
  begin(document);
  document.addEventListener("htmx:load", (event) => begin(event.target));
})();
