"use strict";
(() => {
  // The page that shows this one in a frame learns how high it is, and nothing else. Only pages of the origins that the
  // definition names can be that page: the header Content-Security-Policy sees to it.
  const say = () => parent.postMessage({outreachHeight: Math.ceil(document.documentElement.getBoundingClientRect().height)}, "*");
  new ResizeObserver(say).observe(document.documentElement);
  addEventListener("load", say);
})();
