"use strict";
(() => {
  // send sends a file to a place that was asked for, and reports how much of it has gone.
  const send = (place, file, bar) => new Promise((done, failed) => {
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

  // ask asks for a place to send a file to.
  const ask = async (url, body) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: {"Accept": "application/json", "Content-Type": "application/json"},
      body: JSON.stringify(body),
    });
    const place = await answer.json();
    if (!answer.ok) throw {said: (place.errors || []).map((e) => e.message).join(" ") || place.detail};
    return place;
  };

  // A record with files: send each to a place of its own, then the form with their ids. A form alone takes small ones.
  for (const record of document.querySelectorAll("form[data-files]")) {
    record.addEventListener("submit", async (event) => {
      const inputs = [...record.querySelectorAll("input[type=file]")].filter((input) => input.files.length === 1);
      if (inputs.length === 0) return;
      event.preventDefault();
      const panel = record.querySelector(".sending"), bar = panel.querySelector("progress"), words = panel.querySelector("[role=status]");
      const button = record.querySelector(".actions button");
      panel.hidden = false;
      button.disabled = true;
      words.textContent = record.dataset.sending;
      try {
        for (const input of inputs) {
          const file = input.files[0];
          const place = await ask(record.dataset.files, {filename: file.name.slice(-200), size: file.size});
          await send(place, file, bar);
          for (const before of record.querySelectorAll("input[type=hidden]")) if (before.name === input.name) before.remove();
          const id = document.createElement("input");
          id.type = "hidden";
          id.name = input.name;
          id.value = place.id;
          input.after(id);
          input.value = "";
        }
        record.submit();
      } catch (problem) {
        words.textContent = problem?.said || record.dataset.failed;
        button.disabled = false;
        button.focus();
        bar.value = 0;
      }
    });
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

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file) return;
    event.preventDefault();
    panel.hidden = false;
    button.disabled = true;
    words.textContent = form.dataset.sending;
    try {
      if (file.size > 50 * 1024 * 1024) throw {said: form.dataset.large};
      const place = await ask(form.action, {filename: file.name, size: file.size, check_only: form.elements.check_only.checked});
      await send(place, file, bar);
      location.assign(form.action + "/" + place.id);
    } catch (problem) {
      words.textContent = problem?.said || form.dataset.failed;
      button.disabled = false;
      button.focus();
      bar.value = 0;
    }
  });
})();
