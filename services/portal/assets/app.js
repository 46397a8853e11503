// Enhances what works without it: follows an import, shows how far an upload is, brings a summary of errors to attention.

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

// Which groups of the menu are folded is remembered, for the server to draw the next page so.
const groups = [...document.querySelectorAll(".menu-group")];
for (const group of groups) {
  group.querySelector("summary").addEventListener("click", () => {
    // The click is heard before the group folds.
    const folded = groups.filter((other) => (other === group ? other.open : !other.open)).map((other) => other.dataset.group);
    document.cookie = `folded=${folded.join(".")}; path=/; max-age=31536000; samesite=lax`;
  });
}

// Ctrl+K (⌘K) goes to the search. With a key beside it, because a letter alone takes speech for commands (WCAG 2.1.4).
document.addEventListener("keydown", (event) => {
  const search = [...document.querySelectorAll("input[type=search]")].find((input) => input.checkVisibility());
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !search) return;
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

function followUpload(form) {
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
      // Only this form and the summary are shown anew: another form of the page may hold what is not saved.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const [summary, again] = [page.querySelector(".error-summary"), page.querySelector("form[data-upload]")];
      if (!summary || !again) return HTMLFormElement.prototype.submit.call(form);
      document.querySelector(".error-summary")?.remove();
      document.querySelector("main h1").after(summary);
      form.replaceWith(again);
      followUpload(again);
      summary.focus();
    });
    // The plain form does it when this does not.
    request.addEventListener("error", () => HTMLFormElement.prototype.submit.call(form));
    bar.hidden = false;
    form.querySelectorAll("button").forEach((button) => (button.disabled = true));
    request.send(new FormData(form));
  });
}
document.querySelectorAll("form[data-upload]").forEach(followUpload);

// Names are completed while they are typed. The plain form looks them up when it is sent.
document.querySelectorAll("[data-complete]").forEach((input) => {
  const list = document.getElementById(input.getAttribute("list"));
  // Where it is one of several answers, typing a name is choosing it, and the name alone is sent.
  const answer = document.getElementById(input.dataset.answer);
  const chosen = `${input.name}_id`;
  const hidden = answer ? { value: "" } : input.form.querySelector(`input[type=hidden][name="${chosen}"]`) ?? input.form.appendChild(
    Object.assign(document.createElement("input"), { type: "hidden", name: chosen }),
  );
  const radios = input.form.querySelectorAll(`input[type=radio][name="${input.name}_choice"]`);
  let [known, timer] = [new Map(), 0];
  input.addEventListener("input", () => {
    radios.forEach((radio) => (radio.checked = false));
    if (answer && input.value.trim()) answer.checked = true;
    hidden.value = known.get(input.value) ?? "";
    clearTimeout(timer);
    const asked = input.value.trim();
    if (asked.length < 2 || hidden.value) return;
    timer = setTimeout(async () => {
      const found = await fetch(`${input.dataset.complete}?q=${encodeURIComponent(asked)}`).catch(() => null);
      if (!found?.ok || input.value.trim() !== asked) return;
      const names = await found.json();
      known = new Map(names.map((one) => [one.name, one.id]));
      list.replaceChildren(...names.map((one) => Object.assign(document.createElement("option"), { value: one.name })));
      hidden.value = known.get(input.value) ?? "";
    }, 250);
  });
  radios.forEach((radio) =>
    radio.addEventListener("change", () => {
      input.value = radio.dataset.name;
      hidden.value = radio.value;
    }),
  );
});

// What was typed and not saved is not left by mistake.
document.querySelectorAll("form[data-guard]").forEach((form) => {
  let changed = false;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  window.addEventListener("beforeunload", (event) => changed && event.preventDefault());
});

// What is shown once can be copied by a button; without a script it is copied as any text.
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  const input = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    input.select();
    await navigator.clipboard.writeText(input.value).then(() => (button.textContent = button.dataset.done), () => {});
  });
});
