"use strict";
(() => {
  const form = document.getElementById("definition");
  const text = form.elements.yaml, lines = form.querySelector(".lines"), found = form.querySelector(".found");
  const summary = found.querySelector(".summary"), wrongs = found.querySelector(".wrongs"), warnings = found.querySelector(".warnings"), changes = found.querySelector(".changes");

  // Line numbers, which go along with the text.
  lines.hidden = false;
  let bad = new Set([...wrongs.querySelectorAll("[data-line]")].map((a) => Number(a.dataset.line)));
  const number = () => {
    const rows = text.value.split("\n").map((_, i) => Object.assign(document.createElement("span"), {textContent: i + 1 + "\n", className: bad.has(i + 1) ? "bad" : ""}));
    lines.replaceChildren(...rows);
    lines.scrollTop = text.scrollTop;
  };
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  number();

  // A click on what is wrong leads to its place.
  found.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    const all = text.value.split("\n"), line = Math.min(Number(link.dataset.line), all.length);
    const begins = all.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const column = [...all[line - 1]].slice(0, Number(link.dataset.column) - 1).join("").length;
    text.focus();
    text.setSelectionRange(begins + column, begins + all[line - 1].length);
    text.scrollTop = (line - 1) * text.scrollHeight / all.length - text.clientHeight / 3;
  });

  const item = (...parts) => {
    const li = document.createElement("li");
    li.append(...parts);
    return li;
  };
  const show = (answer) => {
    const errors = answer.errors || [], all = text.value.split("\n");
    bad = new Set(errors.map((e) => e.line));
    summary.textContent = answer.summary;
    const placed = (e) => {
      if (!e.line) return item(e.message);
      const link = Object.assign(document.createElement("a"), {href: "#f-yaml", textContent: form.dataset.at.replace("{line}", e.line).replace("{column}", e.column)});
      Object.assign(link.dataset, {line: e.line, column: e.column});
      return item(link, " " + e.message, Object.assign(document.createElement("code"), {textContent: all[e.line - 1] || ""}));
    };
    wrongs.replaceChildren(...errors.map(placed));
    warnings.querySelector("ul").replaceChildren(...(answer.warnings || []).map(placed));
    warnings.hidden = !answer.warnings?.length;
    changes.querySelector("ul").replaceChildren(...(answer.changes || []).map((c) => item(c.message)));
    changes.hidden = !answer.changes?.length;
    text.toggleAttribute("aria-invalid", errors.length > 0);
    number();
  };

  // While somebody types, what is there is checked; only the last answer counts.
  let timer = 0, asked = 0;
  const check = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.action + "?dry_run=1&preview=0", {method: "PUT", headers: {"Accept": "application/json", "Content-Type": "application/yaml"}, body: text.value});
      const said = await answer.json();
      if (mine === asked && said.summary) show(said);
    } catch { /* the next letter tries again */ }
  };
  text.addEventListener("input", () => {
    number();
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  });
})();
