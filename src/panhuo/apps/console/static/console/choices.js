/* Light or dark, the menu wide or narrow: at once here, and kept by the server for the next page and the next machine. */
import { remember } from "./words.js";

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
export const dark = () => root.dataset.theme === "dark" || (root.dataset.theme === "system" && systemDark.matches);
const told = () => document.dispatchEvent(new CustomEvent("panhuo:theme"));

export const theme = (choice) => {
  root.dataset.theme = choice;
  told();
  const form = document.querySelector("form[action='/theme']");
  if (!form) return;
  const body = new FormData(form);
  body.set("theme", choice);
  fetch("/theme", { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
};
systemDark.addEventListener("change", told);

document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("[data-theme-choice]");
  if (choice) {
    event.preventDefault();
    theme(choice.value);
  }
  if (event.target.closest?.("[data-fold-nav]")) fold();
});

export const fold = () => {
  const narrow = root.dataset.nav !== "narrow";
  if (narrow) root.dataset.nav = "narrow";
  else delete root.dataset.nav;
  remember("nav", narrow ? "narrow" : null);
  dispatchEvent(new Event("resize"));
};
