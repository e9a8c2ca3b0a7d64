/* Notices: said at the lower right, gone by themselves unless they tell of a fault. */
import { say } from "./words.js";

const home = document.getElementById("notices");
const STAY_MS = 6000;

const settle = (notice) => {
  if (notice.dataset.tone !== "bad" && notice.dataset.tone !== "warn") setTimeout(() => notice.remove(), STAY_MS);
};

const surface = () => {
  // an open dialog makes all beside it inert: there the notices move in with it
  const over = [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
  if (home && home.parentElement !== over) over.append(home);
};

/** link: { href, text }, opened in a window of its own. */
export const notice = (text, tone = "info", link = null) => {
  const shape = document.getElementById("notice-shape");
  if (!home || !shape) return;
  surface();
  const node = shape.content.firstElementChild.cloneNode(true);
  node.dataset.tone = tone;
  const sign = node.querySelector("use");
  sign.setAttribute("href", sign.getAttribute("href").split("#")[0] + "#" + ({ good: "check", bad: "warn", warn: "warn" }[tone] ?? "info"));
  node.querySelector("p").textContent = text;
  if (link) {
    const line = document.createElement("p");
    line.append(Object.assign(document.createElement("a"), { href: link.href, textContent: link.text, target: "_blank", rel: "noopener" }));
    node.querySelector("p").after(line);
  }
  home.append(node);
  settle(node);
};

home?.querySelectorAll(".notice").forEach(settle);

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-dismiss]")) event.target.closest(".notice")?.remove();
});
document.addEventListener("close", surface, true);
document.addEventListener("panhuo:shown", surface);
document.addEventListener("panhuo:notice", (event) => notice(event.detail.text, event.detail.tone));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) surface();
});
document.addEventListener("htmx:sendError", () => notice(say("没有连上服务器，什么也没有提交。请检查网络后重试", "The server was not reached and nothing was sent. Check the network and try again"), "bad"));
document.addEventListener("htmx:timeout", () => notice(say("等候超过一分钟，请稍后重试", "No answer within a minute. Try again later"), "bad"));
