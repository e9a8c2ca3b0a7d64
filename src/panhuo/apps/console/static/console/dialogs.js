/* The drawer, questions before what cannot be undone, and dialogs in general. The element <dialog> gives the layer, Esc and the way back
   of the focus; here the focus is kept inside to the last key, and the drawer is filled. */
const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled, [type=hidden]), select:not(:disabled), textarea:not(:disabled), summary, [tabindex='0']";
const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

export const show = (dialog) => {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  document.dispatchEvent(new CustomEvent("panhuo:shown", { detail: dialog }));
};

document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.("dialog[open]") ?? document.querySelector("dialog[open]");
  if (!dialog || event.key !== "Tab") return;
  const stops = [...dialog.querySelectorAll(FOCUSABLE)].filter(visible);
  if (!stops.length) return event.preventDefault();
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const here = document.activeElement;
  if (event.shiftKey ? here === first || !dialog.contains(here) : here === last || !dialog.contains(here)) {
    (event.shiftKey ? last : first).focus();
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest?.("[data-open]");
  if (opener) return show(document.getElementById(opener.dataset.open));
  if (target.closest?.("[data-close]")) return target.closest("dialog").close();
  if (target instanceof HTMLDialogElement && target.open) {
    const box = target.getBoundingClientRect(); // a press beside the box, on the backdrop
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) target.close();
  }
});

/* A page that answers a form of a dialog with what is wrong has it open. */
show(document.querySelector("dialog[data-shown]"));

/* The drawer: a link with data-drawer is shown beside the page; with Ctrl or the middle button it is the link it is. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const body = document.getElementById("drawer-body");
  body.replaceChildren(document.getElementById("drawer-waiting").content.cloneNode(true));
  document.getElementById("drawer-title").textContent = link.dataset.title || link.textContent.trim();
  show(document.getElementById("drawer"));
  htmx.ajax("GET", link.href, { target: "#drawer-body", swap: "innerHTML", source: body });
});

/* Questions: data-confirm on a form, its button, or an element with hx-…; the text is the question. */
let answered = null;

export const ask = (text, danger) =>
  new Promise((resolve) => {
    const dialog = document.getElementById("ask");
    const yes = document.getElementById("ask-yes");
    document.getElementById("ask-text").textContent = text;
    yes.classList.toggle("danger", danger);
    answered = null;
    dialog.addEventListener("close", () => resolve(answered === true), { once: true });
    show(dialog);
    dialog.querySelector("[data-close]").focus(); // the harmless answer is the one Enter gives
  });

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#ask-yes")) {
    answered = true;
    document.getElementById("ask").close();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asking = event.submitter?.closest("[data-confirm]") ?? form.closest("[data-confirm]");
  if (!asking || form.dataset.sure) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(asking.dataset.confirm, asking.matches(".danger")).then((sure) => {
    if (!sure) return;
    form.dataset.sure = "1";
    form.requestSubmit(event.submitter);
    delete form.dataset.sure;
  });
}, true);

document.addEventListener("htmx:confirm", (event) => {
  const asking = event.detail.elt.closest("[data-confirm]");
  if (!asking || event.detail.elt.matches("form")) return;
  event.preventDefault();
  ask(asking.dataset.confirm, asking.matches(".danger")).then((sure) => sure && event.detail.issueRequest(true));
});
