/* Pairs by keys: arrows choose, a letter presses the pair's button that carries it; after a decision the next open pair has the focus. */
import { writing } from "./words.js";

const pairs = () => [...document.querySelectorAll("[data-pair]")];
const here = () => document.activeElement?.closest?.("[data-pair]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || document.querySelector("dialog[open]")) return;
  const all = pairs();
  if (!all.length) return;
  const at = all.indexOf(here());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    event.preventDefault();
    return;
  }
  const button = here()?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.form.requestSubmit(button);
});

/* The answer takes the pair's place; the focus goes to the next one that is open, and stays where none is. */
document.addEventListener("htmx:afterSwap", (event) => {
  const id = event.detail.target?.id;
  if (!id?.startsWith("pair-")) return;
  const all = pairs();
  const mine = document.getElementById(id);
  const later = all.slice(all.indexOf(mine) + 1).find((pair) => pair.querySelector('[data-key="s"]'));
  const decided = mine?.querySelector('[data-key="u"]');
  (decided && later ? later : mine)?.focus();
});
