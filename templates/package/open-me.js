"use strict";
(() => {
  const form = document.getElementById("search");
  const box = document.getElementById("search-box");
  const clear = document.getElementById("search-clear");
  const told = document.getElementById("search-result");
  const normal = (text) => text.normalize("NFKC").toLowerCase();
  const parts = [...document.querySelectorAll("[data-part]")].map((part) => ({
    part,
    rows: [...part.querySelectorAll("tbody.rows > tr, tbody.fields > tr:not(.kind)")].map((row) => ({ row, text: normal(row.textContent) })),
  }));
  const says = (name, values) => form.dataset[name].replace(/\[(\w+)\]/g, (_, key) => values[key].toLocaleString(document.documentElement.lang));

  const mark = (words) => {
    if (!CSS.highlights) return;
    CSS.highlights.delete("hit");
    if (!words.length) return;
    const hits = new Highlight();
    for (const { rows } of parts) {
      for (const { row } of rows) {
        if (row.hidden || hits.size > 2000) continue;
        const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const text = walker.currentNode.data.toLowerCase();
          for (const word of words) {
            for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
              if (at + word.length > walker.currentNode.data.length) break;
              const range = new Range();
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + word.length);
              hits.add(range);
            }
          }
        }
      }
    }
    CSS.highlights.set("hit", hits);
  };

  const search = () => {
    const words = normal(box.value).split(/\s+/).filter(Boolean);
    let records = 0;
    let collections = 0;
    for (const { part, rows } of parts) {
      let here = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) here += 1;
      }
      part.hidden = words.length > 0 && here === 0;
      for (const group of part.querySelectorAll("tbody.fields")) {
        group.hidden = ![...group.rows].some((row) => !row.hidden && !row.classList.contains("kind"));
      }
      records += here;
      collections += here > 0 ? 1 : 0;
    }
    clear.hidden = words.length === 0;
    told.textContent = !words.length ? "" : records ? says("found", { records, collections }) : says("nothing", {});
    mark(words);
  };

  let waiting;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  clear.addEventListener("click", () => { box.value = ""; search(); box.focus(); });
  form.hidden = false;
  document.getElementById("search-without").hidden = true;

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
