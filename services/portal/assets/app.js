// Enhances what works without it: follows an import, shows how far an upload is, brings a summary of errors to attention.

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

// "/" goes to the search, as elsewhere on the web, unless something is being typed.
document.addEventListener("keydown", (event) => {
  const search = document.querySelector("input[type=search]");
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !search) return;
  event.preventDefault();
  search.focus();
});

async function follow(box) {
  const bar = box.querySelector("progress");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let job;
    try {
      const answer = await fetch(box.dataset.follow, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      job = await answer.json();
    } catch {
      continue; // a slow line: the next try may get through
    }
    if (bar) bar.value = job.done;
    if (job.state !== "queued" && job.state !== "applying") return location.reload();
  }
}
document.querySelectorAll("[data-follow]").forEach(follow);

document.querySelectorAll("form[data-upload]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    const bar = form.querySelector("progress");
    const target = event.submitter?.getAttribute("formaction") ?? form.action;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", target);
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
    });
    request.addEventListener("load", () => {
      if (request.status < 400) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.querySelector("main").replaceWith(page.querySelector("main"));
      document.querySelector(".error-summary")?.focus();
    });
    // The plain form does it when this does not.
    request.addEventListener("error", () => HTMLFormElement.prototype.submit.call(form));
    bar.hidden = false;
    form.querySelectorAll("button").forEach((button) => (button.disabled = true));
    request.send(new FormData(form));
  });
});
