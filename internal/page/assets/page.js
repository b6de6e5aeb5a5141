"use strict";
(() => {
  // Printing: the browser can do it without us, a button is only easier to find.
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // An upload that is worked on: ask until it is finished, then show its page anew.
  if (document.querySelector("[data-going]")) {
    let wait = 700;
    const ask = async () => {
      try {
        const answer = await fetch(location.pathname, {headers: {Accept: "application/json"}, cache: "no-store"});
        const {state} = await answer.json();
        if (answer.ok && state !== "received" && state !== "processing") {
          location.reload();
          return;
        }
      } catch { /* ask again */ }
      wait = Math.min(wait * 1.4, 5000);
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  }

  // Sending a file: ask for a place, send the file there, go to its page.
  const form = document.getElementById("upload");
  if (!form) return;
  const input = form.elements.file, panel = form.querySelector(".sending"), drop = form.querySelector(".drop");
  const bar = panel.querySelector("progress"), words = panel.querySelector("[role=status]"), button = form.querySelector("button");

  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length === 1) input.files = event.dataTransfer.files;
    });
  }

  const send = (place, file) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(place.method, place.url);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = 100 * event.loaded / event.total; });
    request.addEventListener("load", () => request.status < 300 ? done() : failed());
    request.addEventListener("error", () => failed());
    for (const [name, value] of Object.entries(place.headers || {})) {
      if (!/^(host|content-length)$/i.test(name)) request.setRequestHeader(name, value);
    }
    const fields = Object.entries(place.fields || {});
    if (place.method !== "POST") {
      request.send(file);
      return;
    }
    const body = new FormData();
    for (const [name, value] of fields) body.append(name, value);
    body.append("file", file);
    request.send(body);
  });

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file) return;
    event.preventDefault();
    panel.hidden = false;
    button.disabled = true;
    words.textContent = form.dataset.sending;
    try {
      if (file.size > 50 * 1024 * 1024) throw {said: form.dataset.large};
      const answer = await fetch(form.action, {
        method: "POST",
        headers: {"Accept": "application/json", "Content-Type": "application/json"},
        body: JSON.stringify({filename: file.name, size: file.size, check_only: form.elements.check_only.checked}),
      });
      const place = await answer.json();
      if (!answer.ok) throw {said: (place.errors || []).map((e) => e.message).join(" ") || place.detail};
      await send(place, file);
      location.assign(form.action + "/" + place.id);
    } catch (problem) {
      words.textContent = problem?.said || form.dataset.failed;
      button.disabled = false;
      button.focus();
      bar.value = 0;
    }
  });
})();
