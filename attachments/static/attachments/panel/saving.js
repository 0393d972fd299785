// The page's own form: a new owner is saved first, then its files are sent. Nothing typed, and no file, is lost.
import { Failure, token } from "./api.js";
import { part } from "./dom.js";

export function watchForm(panel) {
  const { form, uploads } = panel;
  const told = new WeakSet(); // The failures that a note has pointed out.
  let isSure = false;
  let saved = null; // Of a new owner: what was sent, where to go next, and its own address.

  uploads.onChange = () => {
    // The page was not left after all, and there is something to wait for again.
    if (uploads.items.some((item) => item.isOpen)) isSure = uploads.isLeaving = false;
    if (uploads.failed.length === 0) form.querySelector("[data-note=files]")?.remove();
  };

  form.addEventListener("submit", async (event) => {
    const { submitter } = event;
    form.elements.namedItem("csrfmiddlewaretoken").value = token(); // Another one after a login in another tab.
    if (isSure || (saved === null && uploads.items.every((item) => item.state === "known"))) {
      uploads.isLeaving = true;
      return;
    }
    event.preventDefault();
    if (form.dataset.busy !== undefined) return;
    const sent = new FormData(form, submitter); // A button that is disabled would not be in it.
    showBusy(form, "Saving…");
    try {
      if (panel.setId === "") {
        saved = await saveNew(panel, sent);
        if (saved === null) return;
      }
      if (uploads.items.some((item) => item.isOpen)) {
        showBusy(form, "Saving once the files are sent.");
        panel.say("Saving once the files are sent.");
      }
      await uploads.idle();
      panel.say("");
    } finally {
      showIdle(form, submitter);
    }
    const isUntouched = saved !== null && isSame(saved.sent, new FormData(form, submitter));
    const fresh = uploads.failed.filter((item) => !told.has(item.failure));
    if (fresh.length === 0 && (isUntouched || saved?.change === null)) {
      uploads.isLeaving = true;
      location.assign(saved.next);
      return;
    }
    if (saved !== null && saved.change !== null) goOnAsSaved(form, saved);
    if (fresh.length > 0) {
      for (const item of fresh) told.add(item.failure);
      const begin = saved === null ? "" : "Saved, but not with every file. ";
      const text = `${begin}Some files could not be added; each says why. Save once more to go on without them.`;
      showNote(form, text).dataset.note = "files";
      return;
    }
    uploads.isLeaving = true;
    isSure = true;
    // Later: while this event is still on its way, the browser ignores another one.
    setTimeout(() => form.requestSubmit(submitter));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const button = form.querySelector(panel.setId === "" ? "[name=_addanother]" : "[name=_save]");
    if (button === null) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}

// Returns what was sent, where to go next and the owner's own address, or null when the form was refused.
async function saveNew(panel, sent) {
  const { form } = panel;
  clearFaults(form);
  // Rows are not merged: those typed after this could not be saved.
  hold(form, ".inline-group", true);
  const answer = await post(form, sent);
  if (answer === null) {
    hold(form, ".inline-group", false);
    return null;
  }
  if (answer.change === null) hold(form, "fieldset.module:not(.attachments)", true);
  panel.belongTo(answer);
  panel.uploads.next();
  return { sent, ...answer };
}

async function post(form, sent) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      body: sent,
    });
    if (!(response.headers.get("Content-Type") ?? "").startsWith("application/json")) {
      throw new Failure(`The form was not taken (${response.status}). Are you still logged in? Look in another tab, then save again.`);
    }
    const answer = await response.json();
    if (answer.errors === undefined) return answer;
    showFaults(form, answer.errors, answer.saved);
  } catch (failure) {
    showNote(form, failure instanceof Failure ? failure.message : "The server does not answer; nothing was saved. Try again.");
  }
  return null;
}

// The buttons wait, and what for stands above them.
function showBusy(form, text) {
  form.dataset.busy = "";
  for (const row of form.querySelectorAll(".submit-row")) {
    for (const button of row.querySelectorAll("[type=submit]")) button.disabled = true;
    row.querySelector(".submit-wait")?.remove();
    row.prepend(paragraph("submit-wait", text));
  }
}

function showIdle(form, submitter) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll(".submit-row [type=submit]")) button.disabled = false;
  for (const text of form.querySelectorAll(".submit-wait")) text.remove();
  if (document.activeElement === document.body) submitter?.focus({ preventScroll: true });
}

function isSame(sent, now) {
  const pairs = (data) => JSON.stringify([...data]);
  return pairs(sent) === pairs(now);
}

function hold(form, selector, isHeld) {
  for (const element of form.querySelectorAll(selector)) element.inert = isHeld;
}

// From now on this is the page of what was saved: its fields go there, and a reload shows it. Its rows are saved
// already and are left out, or they would be added once more.
function goOnAsSaved(form, { change, seen }) {
  form.setAttribute("action", change);
  history.replaceState(null, "", change);
  // Changes of others that come after this one are told of.
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_seen_change", value: seen }));
  for (const group of form.querySelectorAll(".inline-group:not([data-closed])")) {
    group.dataset.closed = "";
    group.before(paragraph("help", "Saved. To change these rows, save and continue editing."));
  }
  for (const field of form.querySelectorAll(".inline-group [name]")) {
    if (/-(TOTAL|INITIAL)_FORMS$/.test(field.name)) field.value = "0";
    else field.disabled = true;
  }
}

function paragraph(className, text) {
  return Object.assign(document.createElement("p"), { className, textContent: text });
}

function showNote(form, text) {
  form.querySelector(".errornote")?.remove();
  const note = paragraph("errornote", text);
  note.setAttribute("role", "alert");
  form.prepend(note);
  note.scrollIntoView({ block: "center" });
  return note;
}

function clearFaults(form) {
  for (const fault of form.querySelectorAll(".errornote, .errorlist")) fault.remove();
}

// As Django's admin shows them, but the files stay.
function showFaults(form, faults, savedUrl) {
  const { "": general = [], ...ofFields } = faults;
  const begin = Object.keys(ofFields).length > 0 ? ["Please correct what is marked."] : [];
  const note = showNote(form, [...begin, ...general].join(" "));
  // The form had been saved before.
  if (savedUrl) note.append(" ", Object.assign(document.createElement("a"), { href: savedUrl, textContent: "Open it" }));
  for (const [name, texts] of Object.entries(ofFields)) {
    const field = form.elements.namedItem(name);
    const element = field instanceof RadioNodeList ? field[0] : field;
    const list = document.createElement("ul");
    list.className = "errorlist";
    for (const text of texts) list.append(Object.assign(document.createElement("li"), { textContent: text }));
    const row = element?.closest(".flex-container") ?? element?.parentElement ?? part(form, "list");
    row.before(list);
    element?.closest("details")?.setAttribute("open", "");
  }
  form.elements.namedItem(Object.keys(ofFields)[0])?.focus?.();
}
