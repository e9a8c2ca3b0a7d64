/* Menus are <details class="menu">: one open at a time, closed by Esc, by a click beside them, or when the focus leaves. */
const open = () => document.querySelectorAll("details.menu[open]");

const close = (except) => {
  for (const menu of open()) if (menu !== except && !menu.contains(except)) menu.open = false;
};

document.addEventListener("click", (event) => {
  const inside = event.target.closest?.("details.menu");
  close(inside);
  if (inside && event.target.closest(".panel a, .panel [data-theme-choice]")) inside.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]") ?? open()[0];
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = [...menu.querySelectorAll(".panel :is(a, button, input):not([type=hidden])")];
    const at = items.indexOf(document.activeElement);
    if (!items.length || document.activeElement.matches("input[type=text], input:not([type])")) return;
    items[(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + items.length) % items.length].focus();
    event.preventDefault();
  }
});

/* Only where a key moved it: a press on a label moves the focus too, to whatever around it can take it. */
let pressed = false;
document.addEventListener("pointerdown", () => (pressed = true), true);
document.addEventListener("keydown", () => (pressed = false), true);
document.addEventListener("focusin", (event) => pressed || close(event.target.closest?.("details.menu") ?? event.target));

document.addEventListener("click", (event) => {
  const root = document.documentElement;
  if (event.target.closest?.("[data-nav-toggle]")) {
    const shown = root.toggleAttribute("data-nav-open");
    document.querySelector(".menu-button")?.setAttribute("aria-expanded", String(shown));
    if (shown) document.querySelector("#nav a")?.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.documentElement.hasAttribute("data-nav-open")) return;
  document.documentElement.removeAttribute("data-nav-open");
  const button = document.querySelector(".menu-button");
  button?.setAttribute("aria-expanded", "false");
  button?.focus();
});
