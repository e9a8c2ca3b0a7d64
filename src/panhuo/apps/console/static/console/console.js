/* The console's behaviour: each module listens on the document, so that what HTMX brings in later obeys as well. */
import "./session.js"; // first: a form that asks back is asked about after it, and counted last
import "./menus.js";
import "./dialogs.js";
import "./notices.js";
import "./tables.js";
import "./forms.js";
import "./choices.js";
import "./palette.js";
import "./keys.js";
import { draw } from "./charts.js";

draw(document);
document.addEventListener("htmx:load", (event) => draw(event.detail.elt));
