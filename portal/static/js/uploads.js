// Files into a milestone or for a message, by tus: chosen or dropped, two at a time, paused, resumed, cancelled; resumed after a
// reload when the same file is chosen again. The markup is that of components/uploads.html; after each change of a milestone's files
// the body hears "files-changed". Those for a message stay in the list until milepost.uploads.sent says that they went with it.
(() => {
  const AT_ONCE = 2;
  const CHUNK = 64 * 1024 * 1024;
  const PHONE_CHUNK = 8 * 1024 * 1024;
  const RETRIES = [0, 1000, 2000, 4000, 8000, 15000, 15000, 30000, 30000, 60000];
  const LINGER = 4000;
  const ASK_AGAIN = 2000;
  const onPhone = matchMedia("(pointer: coarse)").matches || navigator.connection?.saveData;
  const jobs = [];

  const headers = () => ({ Accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers") || "{}") });
  const changed = () => document.body.dispatchEvent(new CustomEvent("files-changed"));
  const idIn = (url) => (url || "").split("/").pop();
  const running = () => jobs.filter((job) => job.active);

  const purposeOf = (zone) => (zone.dataset.conversation ? "conversation" : "milestone");
  const placeOf = (zone) => zone.dataset[purposeOf(zone)];
  const belongs = (job, zone) => job.purpose === purposeOf(zone) && job.place === placeOf(zone);

  // --- one file ---------------------------------------------------------------------------------------

  // Chrome refuses to read a file that was changed or moved since it was chosen; sending it then looks like a lost connection.
  const isReadable = async (file) => {
    try { await file.slice(0, 1).arrayBuffer(); await file.slice(-1).arrayBuffer(); return true; } catch { return false; }
  };

  const sentenceOf = (error, words) => {
    const answer = error.originalResponse;
    if (!answer) return words.offline;
    if (answer.getStatus() === 401) return words.signedOut;
    try { return JSON.parse(answer.getBody()).error.message; } catch { return words.refused; }
  };

  const mayRetry = (error) => {
    const status = error.originalResponse?.getStatus() ?? 0;
    if (status === 507 || error.originalRequest?.getMethod() === "POST") return status === 0 || status === 503;
    return status < 400 || status >= 500 || status === 409 || status === 423;
  };

  class Job {
    constructor(zone, file) {
      Object.assign(this, { zone, file, purpose: purposeOf(zone), place: placeOf(zone), active: false, over: false, isReady: false });
      const forMessage = this.purpose === "conversation";
      this.row = milepost.uploadRow(zone, file.name, file.size);
      this.words = this.row.words;
      this.row.on("pause", () => this.pause());
      this.row.on("resume", () => this.resume());
      this.row.on("cancel", () => this.cancel());
      this.transfer = new tus.Upload(file, {
        endpoint: zone.dataset.endpoint,
        chunkSize: onPhone ? PHONE_CHUNK : CHUNK,
        retryDelays: RETRIES,
        // One that was not sent yet is found again after a reload.
        removeFingerprintOnSuccess: !forMessage,
        metadata: { [this.purpose]: this.place, filename: file.name, filetype: file.type },
        fingerprint: async () => ["milepost", ...(forMessage ? ["say"] : []), this.place, file.name, file.size, file.lastModified].join("-"),
        onBeforeRequest: (request) => Object.entries(headers()).forEach(([name, value]) => request.setHeader(name, value)),
        onUploadUrlAvailable: () => tidy(),
        onProgress: (sent, total) => this.moved(sent, total),
        onShouldRetry: (error) => this.again(error),
        onError: (error) => this.stopped(error),
        onSuccess: () => this.stored(),
      });
    }

    get uploadId() { return idIn(this.transfer.url); }

    problem() {
      const { words, file, zone } = this;
      if (file.size === 0) return words.empty;
      return file.size > Number(zone.dataset.maxBytes) ? words.tooLarge.replace("{max}", zone.dataset.maxText) : null;
    }

    async start() {
      this.active = true;
      this.row.state("sending");
      if (!this.transfer.url) {
        const earlier = await this.transfer.findPreviousUploads();
        if (earlier.length) this.transfer.resumeFromPreviousUpload(earlier.sort((a, b) => b.creationTime - a.creationTime)[0]);
      }
      if (this.active) this.transfer.start();
    }

    moved(sent, total) {
      if (!this.active) return;
      this.row.state(sent < total ? "sending" : "checking");
      this.row.progress(sent);
    }

    again(error) {
      const worth = mayRetry(error);
      if (worth) {
        this.row.state("sending", this.words.retrying);
        isReadable(this.file).then((readable) => { if (!readable && this.active) this.spoiled(); });
      }
      return worth && navigator.onLine;
    }

    async stopped(error) {
      const readable = await isReadable(this.file);
      if (this.over) return;
      if (!readable) { this.spoiled(); return; }
      this.lostLine = !error.originalResponse;
      this.rest();
      this.row.fail(sentenceOf(error, this.words), Boolean(this.transfer.url) || this.lostLine);
    }

    // The bytes on the server are of a file that is no more: nothing to go on with.
    spoiled() {
      this.transfer.abort(true).catch(() => {}).finally(() => this.told());
      this.over = true;
      this.rest();
      this.row.fail(this.words.changed, false);
    }

    stored() {
      this.over = true;
      this.rest();
      this.row.done();
      if (this.purpose === "conversation") { this.isReady = true; this.row.keep(this.uploadId); this.row.root.dispatchEvent(new Event("milepost:ready", { bubbles: true })); return; }
      changed();
      setTimeout(() => this.remove(), LINGER);
    }

    told() { if (this.purpose === "milestone") changed(); }

    async sent() {
      this.remove();
      const known = await this.transfer.findPreviousUploads();
      known.forEach((each) => tus.defaultOptions.urlStorage.removeUpload(each.urlStorageKey));
    }

    // The server may have given it up meanwhile: a day is over, or another tab of ours sent it.
    async verify() {
      const answer = await fetch(this.transfer.url, { method: "HEAD", credentials: "same-origin", headers: { ...headers(), "Tus-Resumable": "1.0.0" } }).catch(() => null);
      if (!answer || answer.ok || answer.status >= 500) return;
      this.isReady = false;
      this.row.lose();
    }

    pause() {
      this.transfer.abort();
      this.rest();
      this.row.state("paused");
    }

    resume() {
      this.row.state("waiting");
      this.waiting = true;
      next();
    }

    async cancel() {
      this.over = true;
      this.waiting = false;
      this.remove();
      this.rest();
      await this.transfer.abort(true).catch(() => {});
      this.told();
    }

    rest() {
      this.active = false;
      next();
    }

    remove() {
      this.row.root.remove();
      if (jobs.includes(this)) jobs.splice(jobs.indexOf(this), 1);
    }
  }

  const next = () => {
    while (running().length < AT_ONCE) {
      const job = jobs.find((candidate) => candidate.waiting && !candidate.active);
      if (!job) return;
      job.waiting = false;
      job.start();
    }
  };

  // --- what is chosen and dropped ---------------------------------------------------------------------

  const take = (zone, files) => {
    for (const file of files) {
      const job = new Job(zone, file);
      const problem = job.problem();
      jobs.push(job);
      zone.querySelector("[data-upload-list]").append(job.row.root);
      if (problem) { job.over = true; job.row.fail(problem, false); } else job.waiting = true;
    }
    next();
  };

  // A folder looks like a file without content: only the entry of the drop tells.
  const dropped = (zone, transfer) => {
    const items = [...transfer.items].filter((item) => item.kind === "file");
    const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
    const files = items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean);
    take(zone, files);
    for (const item of items.filter(isFolder)) {
      const row = milepost.uploadRow(zone, item.webkitGetAsEntry().name, 0);
      zone.querySelector("[data-upload-list]").append(row.root);
      row.fail(row.words.folder, false);
      row.on("cancel", () => row.root.remove());
    }
  };

  const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

  const listen = (zone) => {
    if (zone.dataset.listening !== undefined) return;
    zone.dataset.listening = "";
    const input = zone.querySelector("[data-upload-input]");
    input?.addEventListener("change", () => { take(zone, input.files); input.value = ""; });
    const over = (event) => { if (carriesFiles(event)) { event.preventDefault(); zone.classList.add("is-over"); } };
    zone.addEventListener("dragenter", over);
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over"); });
    zone.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      zone.classList.remove("is-over");
      dropped(zone, event.dataTransfer);
    });
    // The page around a running upload may be replaced: its row moves into the new one.
    for (const job of jobs.filter((candidate) => belongs(candidate, zone))) {
      job.zone = zone;
      zone.querySelector("[data-upload-list]").append(job.row.root);
    }
  };

  // --- what the server still waits for ----------------------------------------------------------------

  const giveUp = (element) => {
    const zone = document.querySelector("[data-upload-zone]");
    const url = `${zone.dataset.endpoint}/${element.dataset.unfinished}`;
    tus.Upload.terminate(url, { headers: headers(), retryDelays: [] }).catch(() => {}).finally(changed);
  };

  // Uploads of this page have their own row; the others can be given up here, or gone on with by choosing the same file.
  const tidy = () => {
    const ours = new Set(jobs.filter((job) => !job.over).map((job) => job.uploadId));
    const zone = document.querySelector("[data-upload-zone]");
    for (const element of document.querySelectorAll("[data-unfinished]")) {
      element.hidden = ours.has(element.dataset.unfinished);
      if (!zone || element.querySelector("[data-give-up]")) continue;
      const button = zone.querySelector("[data-upload-template]").content.querySelector("[data-cancel]").cloneNode(true);
      button.removeAttribute("data-cancel");
      button.dataset.giveUp = "";
      button.addEventListener("click", () => giveUp(element));
      const acts = document.createElement("div");
      acts.className = "upload-acts";
      acts.append(button);
      element.append(acts);
    }
  };

  const look = () => { document.querySelectorAll("[data-upload-zone]").forEach(listen); tidy(); };

  if (!window.tus?.isSupported) return;
  const readyIn = (zone) => jobs.filter((job) => job.isReady && belongs(job, zone));
  window.milepost.uploads = {
    take,
    isWhole: (zone) => jobs.filter((job) => belongs(job, zone)).every((job) => job.isReady),
    sent: (ids) => jobs.filter((job) => job.isReady && ids.includes(job.uploadId)).forEach((job) => job.sent()),
    verify: (zone) => readyIn(zone).forEach((job) => job.verify()),
  };
  look();
  document.addEventListener("htmx:load", look);
  document.addEventListener("fragment:placed", look);
  // A list that could not be fetched, because the server was away for a moment, is asked for again; one we may not see is not.
  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    addEventListener(name, (event) => {
      const isAway = event.detail.xhr.status === 0 || event.detail.xhr.status >= 500;
      if (isAway && event.target.matches?.("[hx-trigger^='files-changed']")) setTimeout(changed, ASK_AGAIN);
    });
  }
  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => { if (carriesFiles(event)) event.preventDefault(); });
  addEventListener("online", () => jobs.filter((job) => job.lostLine && !job.active && !job.over).forEach((job) => job.resume()));
  addEventListener("beforeunload", (event) => { if (running().length) event.preventDefault(); });
})();
