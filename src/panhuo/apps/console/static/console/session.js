/* A session that ran out while a form was filled in: asked for before the form is sent, so that what was typed stays where it is. Whoever signs in again,
   in another window, finds the form as it was and sends it; the mark against forged forms, which signing in renews, is renewed in the page. */
import { notice } from "./notices.js";
import { say } from "./words.js";

const inside = document.querySelector("form[action='/sign-out']") !== null; // a page of somebody who is signed in

const ask = async () => {
  const answer = await fetch("/session", { headers: { Accept: "application/json" }, cache: "no-store" });
  const { signed_in: signedIn, mark } = await answer.json();
  if (signedIn) {
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = mark;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": mark }));
  }
  return signedIn;
};

const tell = () => {
  const text = say("登录已过期，什么也没有提交，填写的内容还在", "Your session has run out. Nothing was sent, and what you typed is still here");
  notice(text, "bad", { href: "/sign-in?next=/signed-in", text: say("在新窗口登录，再回来提交", "Sign in in a new window, then send it again") });
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!inside || event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-delete], [action='/sign-out']")) return;
  if (form.dataset.checked) return void delete form.dataset.checked;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const { submitter } = event;
  let signedIn = true;
  try {
    signedIn = await ask();
  } catch {
    /* no answer: the form is sent, and the browser says what came of it */
  }
  delete form.dataset.asking;
  if (!signedIn) return tell();
  form.dataset.checked = form.dataset.sure = "1"; // a question asked before (dialogs.js) was answered
  form.requestSubmit(submitter);
  delete form.dataset.sure;
});

/* Back from the window in which somebody signed in: what HTMX sends carries the new mark, too. */
document.addEventListener("visibilitychange", () => {
  if (inside && !document.hidden) ask().catch(() => {});
});
