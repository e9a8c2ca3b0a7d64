/* The command palette: desks, what this page offers, what is always possible, and (where the server has a search) what it finds. */
import { dark, theme } from "./choices.js";
import { show } from "./dialogs.js";
import { density } from "./tables.js";

const palette = document.getElementById("palette");
const input = document.getElementById("palette-query");
const list = document.getElementById("palette-list");
const nothing = document.getElementById("palette-nothing");
const WAIT_MS = 180;
let waiting = 0;
let asked = 0;

const options = () => [...list.querySelectorAll("[role=option]:not([hidden])")];

const select = (option) => {
  for (const other of list.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
};

/** Every word typed must occur; Chinese is written without spaces, so it need only be contained. */
const fits = (option, query) => {
  const text = `${option.textContent} ${option.dataset.words ?? ""}`.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
};

const sift = () => {
  const query = input.value.trim();
  for (const option of list.querySelectorAll("[role=option]:not([data-found])")) option.hidden = !fits(option, query);
  for (const option of list.querySelectorAll("[data-found]")) option.remove();
  select(options()[0]);
  nothing.hidden = options().length > 0;
  clearTimeout(waiting);
  if (palette.dataset.search && query.length > 1 && !ofPerson(query)) waiting = setTimeout(() => find(query), WAIT_MS);
};

/* What is asked for stands in an address: a name, a phone or an identity number is never sent. Those are searched for on the accounts page, by form. */
const ofPerson = (query) => /[^\x21-\x7e]/.test(query) || /^(\+?86)?1\d{10}$/.test(query) || /^\d{6}(18|19|20)\d{2}(0[1-9]|1[0-2])\d{5}[\dXx]$/.test(query);

/* The server answers with JSON: [{"words": …, "note": …, "href": …, "icon": …}]. */
const find = async (query) => {
  const mine = ++asked;
  const answer = await fetch(palette.dataset.search + "?" + new URLSearchParams({ q: query }), { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || mine !== asked || input.value.trim() !== query) return;
  const found = (await answer.json()).map((one, number) => {
    const option = Object.assign(document.createElement("a"), { href: one.href, id: `found-${number}`, tabIndex: -1 });
    option.setAttribute("role", "option");
    option.dataset.found = "";
    const note = Object.assign(document.createElement("small"), { textContent: one.note ?? "" });
    option.append(sign(one.icon ?? "account"), one.words, note);
    return option;
  });
  list.prepend(...found);
  select(options()[0]);
  nothing.hidden = options().length > 0;
};

const sign = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
};

/* What the page itself offers: any control with data-command, under that name. */
const offers = () => {
  for (const old of list.querySelectorAll("[data-offer]")) old.remove();
  [...document.querySelectorAll("[data-command]")].reverse().forEach((control, number) => {
    const option = Object.assign(document.createElement("a"), { href: "#", id: `offer-${number}`, tabIndex: -1 });
    option.setAttribute("role", "option");
    option.dataset.offer = "";
    option.append(sign("play"), control.dataset.command || control.textContent.trim());
    option.addEventListener("click", (event) => {
      event.preventDefault();
      palette.close();
      control.click();
    });
    list.prepend(option);
  });
};

const DEEDS = {
  theme: () => theme(dark() ? "light" : "dark"),
  density,
  print: () => print(),
  keys: () => show(document.getElementById("keys")),
};

if (palette) {
  document.addEventListener("panhuo:shown", (event) => {
    if (event.detail !== palette) return;
    offers();
    input.value = "";
    sift();
    input.focus();
  });
  input.addEventListener("input", sift);
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (all.length) select(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
      event.preventDefault();
    } else if (event.key === "Enter" && !event.isComposing && all[at]) {
      event.preventDefault();
      all[at].click();
    }
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || option.dataset.offer !== undefined) return;
    if (option.dataset.do) event.preventDefault();
    palette.close();
    DEEDS[option.dataset.do]?.();
  });
}
