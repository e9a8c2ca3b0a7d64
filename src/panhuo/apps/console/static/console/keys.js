/* Keys that hold on every page. */
import { fold } from "./choices.js";
import { show } from "./dialogs.js";
import { writing } from "./words.js";

const TOGETHER_MS = 1200;
let went = 0;

document.addEventListener("keydown", (event) => {
  const palette = document.getElementById("palette");
  if (palette && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (palette.open) palette.close();
    else if (!document.querySelector("dialog[open]")) show(palette);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target) || document.querySelector("dialog[open]")) return;
  if (went && event.timeStamp - went < TOGETHER_MS) {
    went = 0;
    const desk = document.querySelector(`.nav [data-key="${CSS.escape(event.key)}"]`);
    if (desk) {
      event.preventDefault();
      event.stopImmediatePropagation();
      desk.click();
      return;
    }
  }
  if (event.key === "g") went = event.timeStamp;
  else if (event.key === "?") show(document.getElementById("keys"));
  else if (event.key === "[") fold();
  else if (event.key === "/") {
    const search = document.querySelector("#main [data-search-field], #main input[type=search]");
    if (search) search.focus();
    else show(palette);
    event.preventDefault();
  }
}, true);
