/* A form with files: what was chosen and how large it is, refused here where it is too large, sent with its progress; without this module the
   form is sent as any other. */
import { say } from "./words.js";

const MB = 1048576;
const size = (bytes) => (bytes >= MB ? `${(bytes / MB).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`);

const chosen = (form) => {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-chosen]");
  const limit = Number(form.dataset.limit);
  const files = [...input.files];
  const whole = files.reduce((sum, file) => sum + file.size, 0);
  const tooBig = whole > limit;
  const line = (name, text, bad) => {
    const item = document.createElement("li");
    if (bad) item.dataset.tone = "bad";
    item.append(Object.assign(document.createElement("span"), { textContent: name }), Object.assign(document.createElement("span"), { textContent: text }));
    return item;
  };
  if (list) {
    list.replaceChildren(...files.map((file) => line(file.name, file.size ? size(file.size) : say("空文件", "empty"), !file.size)));
    if (tooBig) list.append(line(say("合计超过上限，请拆分或压缩（.gz、.zip）", "Altogether too large: split or compress it (.gz, .zip)"), `${size(whole)} > ${size(limit)}`, true));
    list.hidden = !files.length;
  }
  input.setCustomValidity(tooBig ? say("超过上传上限", "Larger than allowed") : "");
  return !tooBig;
};

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-upload]");
  if (form && event.target.type === "file") chosen(form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-upload]") || event.defaultPrevented) return;
  event.preventDefault();
  if (chosen(form)) send(form);
});

const send = (form) => {
  const bar = form.querySelector("[data-upload-progress]");
  const stop = form.querySelector("[data-upload-stop]");
  const button = form.querySelector("button[type=submit]");
  const told = (words, share) => {
    bar.hidden = false;
    bar.querySelector("[data-words]").textContent = words;
    bar.querySelector("[data-share]").textContent = share === null ? "" : `${Math.floor(share * 100)} %`;
    const progress = bar.querySelector("progress");
    if (share === null) progress.removeAttribute("value");
    else progress.value = share;
  };
  const ended = (words) => {
    told(words, 0);
    button.disabled = false;
    stop.hidden = true;
    delete form.dataset.sent;
  };
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) told(say("正在上传", "Uploading"), event.loaded / event.total);
  });
  request.upload.addEventListener("load", () => told(say("正在加密保存并读取表头", "Sealing it and reading its head"), null));
  request.addEventListener("load", () => {
    if (request.status < 400 && new URL(request.responseURL).pathname !== new URL(form.action).pathname) return location.assign(request.responseURL);
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (!answer) return ended(say("上传没有成功，请刷新页面后重试", "The upload failed. Reload the page and try again"));
    document.querySelector("main").replaceWith(document.adoptNode(answer));
    document.querySelector("[data-faults]")?.focus();
  });
  request.addEventListener("error", () => ended(say("上传中断，什么也没有保存。请检查网络后重试；文件过大时服务器也会断开", "The upload was cut off and nothing was kept. Check the connection; a file that is too large is cut off too")));
  request.addEventListener("abort", () => ended(say("已停止，什么也没有保存", "Stopped; nothing was kept")));
  stop.onclick = () => request.abort();
  stop.hidden = false;
  button.disabled = true;
  told(say("正在上传", "Uploading"), 0);
  request.open("POST", form.action);
  request.send(new FormData(form));
};
