// Conveniences only: every page works without this file.
import { Button } from "govuk-frontend/dist/govuk/components/button/button.mjs";
import { CharacterCount } from "govuk-frontend/dist/govuk/components/character-count/character-count.mjs";
import { Checkboxes } from "govuk-frontend/dist/govuk/components/checkboxes/checkboxes.mjs";
import { ErrorSummary } from "govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs";
import { NotificationBanner } from "govuk-frontend/dist/govuk/components/notification-banner/notification-banner.mjs";
import { Radios } from "govuk-frontend/dist/govuk/components/radios/radios.mjs";
import { SkipLink } from "govuk-frontend/dist/govuk/components/skip-link/skip-link.mjs";
import { createAll } from "govuk-frontend/dist/govuk/init.mjs";

document.body.classList.add("js-enabled", "govuk-frontend-supported");

for (const part of [Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, Radios, SkipLink]) {
  createAll(part);
}

// A form that has been typed into asks before it is left; sending it does not.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// What is typed is saved while one types, to the address of the form; the answer is a sentence (web.kept). Nothing is
// replaced that was saved elsewhere meanwhile: `seen` carries the mark of what this form knows.
for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);

function autosave(form) {
  const shown = form.querySelector("[data-saved]");
  const address = form.action || window.location.href;
  const chinese = document.documentElement.lang.startsWith("zh");
  let timer = 0; // > 0: something waits to be saved
  let running = null;
  let leaving = false;
  const say = (words, failed) => {
    shown.textContent = words;
    shown.classList.toggle("sun-saved--not", failed);
  };
  const save = async () => {
    clearTimeout(timer);
    timer = 0;
    const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    try {
      const answer = await fetch(address, {
        method: "POST",
        body: new URLSearchParams(typed),
        headers: { "Sunlit-Quiet": "1" },
        keepalive: true, // it arrives although the page is left
        redirect: "error",
      });
      const told = await answer.json();
      if (answer.ok) form.elements.seen.value = told.seen;
      say(told.say, !answer.ok);
    } catch {
      say(chinese ? "未保存。请按保存按钮查看原因；您填写的内容仍在本页。" : "Not saved. Press the save button to see why; what you typed is still here.", true);
    }
  };
  const now = () => {
    if (!timer) return running;
    // One after the other: the next one needs the mark that this one brings.
    running = (running || Promise.resolve()).then(save);
    return running;
  };
  const typed = (event) => {
    if (event.target.type === "file") return;
    clearTimeout(timer);
    timer = setTimeout(now, 2000);
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", (event) => { typed(event); now(); }); // a field was left, or a choice made
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") now(); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (!running) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (leaving) return;
    leaving = true;
    const { submitter } = event;
    // Not at once: a form that is being submitted cannot be submitted.
    running.then(() => setTimeout(() => {
      running = null;
      leaving = false;
      form.requestSubmit(submitter);
    }));
  });
}

// Sending files says how far it is. The answer takes the place of the page, as it would without this.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches('form[method="post"][enctype="multipart/form-data"]')) return;
  const files = [...form.querySelectorAll('input[type="file"]')].flatMap((input) => [...input.files]);
  if (!files.some((file) => file.size > 200_000)) return; // quicker than it could be said
  event.preventDefault();
  sendWithProgress(form, new FormData(form, event.submitter));
});

function sendWithProgress(form, data) {
  const shown = document.createElement("div");
  shown.className = "sun-upload";
  shown.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.max = 100;
  const words = document.createElement("span");
  shown.append(bar, words);
  form.append(shown);
  const chinese = document.documentElement.lang.startsWith("zh");
  const say = (percent) => {
    bar.value = percent;
    const text = percent < 100 ? `${percent}%` : chinese ? "已发送，正在检查文件" : "Sent; the files are being checked";
    if (words.textContent !== text) words.textContent = text;
  };
  bar.setAttribute("aria-label", chinese ? "上传进度" : "Upload progress");
  say(0);
  const request = new XMLHttpRequest();
  request.open("POST", form.action || window.location.href);
  request.responseType = "document";
  request.upload.addEventListener("progress", (step) => {
    if (step.lengthComputable) say(Math.floor((step.loaded * 10) / step.total) * 10); // a screen reader says each
  });
  const send = form.querySelectorAll('button[type="submit"]');
  for (const button of send) button.disabled = true;
  const again = () => {
    shown.remove();
    for (const button of send) button.disabled = false;
  };
  request.addEventListener("error", () => {
    again();
    const failed = document.createElement("p");
    failed.className = "govuk-error-message";
    failed.setAttribute("role", "alert");
    failed.textContent = chinese
      ? "连接中断，文件未发送。您填写的内容仍在本页，请重新提交。"
      : "The connection broke and nothing was sent. What you typed is still here: please send it again.";
    form.append(failed);
  });
  request.addEventListener("load", () => {
    const answer = request.response;
    const main = answer && answer.querySelector("main");
    if (!main || request.responseURL !== (form.action || window.location.href)) {
      window.location.assign(request.responseURL);
      return;
    }
    // Not accepted: the same page with what is wrong. Its files have to be chosen again.
    document.title = answer.title;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    for (const part of [Button, CharacterCount, Checkboxes, ErrorSummary, Radios]) createAll(part);
    for (const again of main.querySelectorAll("form[data-autosave]")) autosave(again);
    const summary = main.querySelector(".govuk-error-summary");
    (summary || main).setAttribute("tabindex", "-1");
    (summary || main).focus();
  });
  request.send(data);
}
