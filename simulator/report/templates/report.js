/* Without this the page is complete. It adds: the value of a marker on hover and by keys, sorting, a filter. */
"use strict";
(() => {
  const main = document.querySelector("main"), make = (tag, set) => Object.assign(document.createElement(tag), set);
  const tip = make("div", { id: "tip" });
  tip.setAttribute("role", "status");
  tip.setAttribute("aria-live", "polite");
  main.append(tip);
  let now;
  const hide = () => { if (now) now.classList.remove("on"); now = null; tip.textContent = ""; };
  const show = (mark) => {
    if (mark === now) return;
    hide();
    now = mark;
    mark.classList.add("on");
    tip.textContent = mark.dataset.value;
    const at = mark.getBoundingClientRect(), wide = tip.offsetWidth, high = tip.offsetHeight;
    const left = at.left + at.width / 2 - wide / 2, top = at.top - high - 9;
    tip.style.left = Math.max(4, Math.min(left, document.documentElement.clientWidth - wide - 4)) + "px";
    tip.style.top = (top < 4 ? at.bottom + 9 : top) + "px";
  };
  for (const box of document.querySelectorAll("figure .wide")) {
    const marks = [...box.querySelectorAll("title")].map((title) => title.parentNode);
    if (!marks.length) continue;
    let i = -1;
    /* the page shows the value itself, and a title would show it again */
    for (const mark of marks) {
      mark.dataset.value = mark.textContent;
      mark.replaceChildren();
    }
    const near = (event) => {
      let best = 16, found = null;
      for (const mark of marks) {
        const r = mark.getBoundingClientRect();
        const far = Math.hypot(event.clientX - r.left - r.width / 2, event.clientY - r.top - r.height / 2);
        if (far < best) [best, found] = [far, mark];
      }
      if (found) { i = marks.indexOf(found); show(found); } else hide();
    };
    box.addEventListener("pointermove", near);
    box.addEventListener("pointerdown", near);
    box.addEventListener("pointerleave", hide);
    box.addEventListener("blur", hide);
    const go = (to) => {
      i = (to + marks.length) % marks.length;
      marks[i].scrollIntoView({ block: "nearest", inline: "nearest" });
      show(marks[i]);
    };
    box.addEventListener("focus", () => { if (box.matches(":focus-visible")) go(Math.max(i, 0)); });
    box.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: Math.max(i, 0) - 1, ArrowUp: Math.max(i, 0) - 1, Home: 0, End: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined) return;
      event.preventDefault();
      go(to);
    });
  }
  addEventListener("scroll", hide, { passive: true });
  const value = (row, i) => {
    const text = row.cells[i].textContent.trim().replaceAll("\u2212", "-");
    return text === "\u221e" ? Infinity : /^[-+]?[.\d]/.test(text) ? parseFloat(text) : text;
  };
  const order = (a, b) => typeof a === typeof b ? (typeof a === "number" ? a - b || 0 : a.localeCompare(b)) : typeof a === "number" ? -1 : 1;
  for (const table of document.querySelectorAll("table.sort")) {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, i) => {
      const button = make("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      button.onclick = () => {
        const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        body.append(...(next ? [...rows].sort((a, b) => sign * order(value(a, i), value(b, i))) : rows));
      };
    });
    const input = make("input", { type: "search" }), label = make("label", { className: "filter" });
    const said = make("span", { className: "muted" });
    said.setAttribute("role", "status");
    label.append("Rows with ", input);
    const line = make("div", { className: "filter" });
    line.append(label, said);
    table.closest(".wide").before(line);
    const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim().toLowerCase()));
    input.oninput = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      rows.forEach((row, i) => {
        /* a number is a whole cell, or 16 would find 16000 */
        row.hidden = !words.every((word) => texts[i].some((text) => isNaN(word) ? text.includes(word) : text === word));
        left += !row.hidden;
      });
      said.textContent = words.length ? `${left} of ${rows.length} rows` : "";
    };
  }
})();
