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
})();
