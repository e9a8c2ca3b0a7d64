/* Forms: filters that send themselves, tabs, files dropped, a form not sent twice, the way back from an error page. */
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-autosubmit]");
  if (form && !event.target.matches("input[type=search], input[type=text]")) form.requestSubmit();
});

/* An address without the empty fields is one that can be read and shared. */
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-delete]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000); // a download leaves the page where it is
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.querySelector("[data-faults]")?.focus();

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-back]")) history.length > 1 ? history.back() : location.assign("/");
});

/* A value that is offered: a button with data-fill, the field's id, and data-value. */
document.addEventListener("click", (event) => {
  const offer = event.target.closest?.("[data-fill]");
  const field = offer && document.getElementById(offer.dataset.fill);
  if (!field) return;
  field.value = offer.dataset.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});

/* Tabs within a page: buttons with role=tab, each with aria-controls. Tabs that are pages of their own are plain links. */
const choose = (tab) => {
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const mine = other === tab;
    other.setAttribute("aria-selected", String(mine));
    other.tabIndex = mine ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !mine;
  }
  dispatchEvent(new Event("resize")); // a chart that was hidden has no size yet
};
document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  if (tab) choose(tab);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  if (!tab || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const at = tabs.indexOf(tab);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
  const goal = tabs[(next + tabs.length) % tabs.length];
  choose(goal);
  goal.focus();
  event.preventDefault();
});

/* Files: a .drop with an <input type=file> takes what is let fall on it. */
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const area = event.target.closest?.(".drop");
    if (!area) return;
    event.preventDefault();
    area.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer?.files.length) return;
    const input = area.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/* What was chosen, by name and size, in the area's list. */
document.addEventListener("change", (event) => {
  const list = event.target.matches?.(".drop input[type=file]") && event.target.closest(".drop").querySelector("[data-files]");
  if (!list) return;
  list.replaceChildren(
    ...[...event.target.files].map((file) => {
      const size = file.size < 1e6 ? `${Math.ceil(file.size / 1000)} KB` : `${(file.size / 1e6).toFixed(1)} MB`;
      return Object.assign(document.createElement("li"), { textContent: `${file.name} · ${size}` });
    }),
  );
});

/* An <output for="…"> follows its slider. */
document.addEventListener("input", (event) => {
  const output = event.target.id && document.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
  if (output) output.value = event.target.value;
});
