/* Tables: rows by mouse and by key, columns chosen and remembered, the shadow of the first column. */
import { remember, writing } from "./words.js";

const ROWS = "[data-table] tbody tr";

/* A click anywhere in a row is a click on the row's link. */
document.addEventListener("click", (event) => {
  const row = event.target.closest?.(ROWS);
  const link = row?.querySelector("a[data-row]");
  if (!link || event.target.closest("a, button, input, select, label, summary, textarea") || String(getSelection())) return;
  link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey }));
});

/** The table that keys speak to: the one with the focus, else the first in sight. */
const spoken = () => document.activeElement?.closest?.("[data-table]") ?? document.querySelector("[data-table]");

const step = (by) => {
  const table = spoken();
  if (!table) return false;
  const rows = [...table.querySelectorAll("tbody tr")];
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  const stop = next.querySelector("a[data-row]") ?? next;
  if (stop === next) next.tabIndex = -1;
  stop.focus({ preventScroll: true });
  reveal(next);
  return true;
};

/* Under the sticky head and above the sticky sums, not behind them. */
const reveal = (row) => {
  const pane = row.closest(".scroll");
  const table = row.closest("table");
  const [head, foot] = [table.tHead?.offsetHeight ?? 0, table.tFoot?.offsetHeight ?? 0];
  const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight + foot];
  if (top < pane.scrollTop) pane.scrollTop = top;
  else if (bottom > pane.scrollTop + pane.clientHeight) pane.scrollTop = bottom - pane.clientHeight;
  const box = row.getBoundingClientRect();
  if (box.top < 60 || box.bottom > innerHeight - 40) row.scrollIntoView({ block: "center" });
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || document.querySelector("dialog[open]")) return;
  let done = false;
  if (event.key === "j") done = step(1);
  else if (event.key === "k") done = step(-1);
  else if (event.key === "n" || event.key === "p") {
    const link = spoken()?.querySelector(event.key === "n" ? ".pager [rel=next]" : ".pager [rel=prev]");
    link?.click();
    done = Boolean(link);
  }
  if (done) event.preventDefault();
});

/* Columns. What a table hides at first comes from the server; the reader's own choice stands over it. */
const initial = (table) => (table.dataset.hidden || "").split(" ").filter(Boolean);
const chosen = (table) => window.panhuoColumns.hidden(table.id) ?? initial(table);

const settle = (table) => {
  if (!table.id) return;
  if (window.panhuoColumns.hidden(table.id) === undefined && initial(table).length) window.panhuoColumns.hide(table.id, initial(table), false);
  const hidden = chosen(table);
  for (const box of table.querySelectorAll("[data-columns] input")) box.checked = !hidden.includes(box.value);
  for (const pane of table.querySelectorAll("[data-scroll]")) shade(pane);
};

document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-columns]");
  if (!list) return;
  const hidden = [...list.querySelectorAll("input:not(:checked)")].map((box) => box.value);
  window.panhuoColumns.hide(list.closest("[data-table]").id, hidden, true);
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-columns-reset]")) {
    const table = event.target.closest("[data-table]");
    window.panhuoColumns.hide(table.id, null, true);
    settle(table);
  }
  if (event.target.closest?.("[data-density-toggle]")) density();
});

export const density = () => {
  const root = document.documentElement;
  const compact = root.dataset.density !== "compact";
  if (compact) root.dataset.density = "compact";
  else delete root.dataset.density;
  remember("density", compact ? "compact" : null);
};

const shade = (pane) => pane.toggleAttribute("data-shifted", pane.scrollLeft > 0);
document.addEventListener("scroll", (event) => event.target.matches?.("[data-scroll]") && shade(event.target), true);

for (const table of document.querySelectorAll("[data-table]")) settle(table);
document.addEventListener("htmx:load", (event) => {
  const node = event.detail.elt;
  for (const table of [...(node.matches?.("[data-table]") ? [node] : []), ...(node.querySelectorAll?.("[data-table]") ?? [])]) settle(table);
});
