// The page's own form: a new owner is saved first, then its files are sent; nothing is lost by a fault in the form.
import { Failure } from "./api.js";
import { part } from "./dom.js";

export function watchForm(panel) {
  const { form, uploads } = panel;
  let isSure = false;
  let isTold = false;
  let next = null; // Where to go once a new owner is saved.

  form.addEventListener("submit", async (event) => {
    if (isSure || (next === null && uploads.items.every((item) => item.state === "known"))) {
      uploads.isLeaving = true;
      return;
    }
    event.preventDefault();
    if (form.dataset.busy !== undefined) return;
    form.dataset.busy = "";
    try {
      if (panel.setId === "") {
        next = await saveNew(panel, event.submitter);
        if (next === null) return;
      }
      if (uploads.items.some((item) => item.isOpen)) panel.say("Saving once the files are sent.");
      await uploads.idle();
    } finally {
      delete form.dataset.busy;
    }
    if (uploads.failed.length > 0 && !isTold) {
      isTold = true;
      const begin = next === null ? "" : "Saved, but not with every file. ";
      showNote(form, `${begin}Some files could not be added: try them again, or save once more to go on without them.`);
      return;
    }
    uploads.isLeaving = true;
    if (next === null) {
      isSure = true;
      // Later: while this event is still on its way, the browser ignores another one.
      setTimeout(() => form.requestSubmit(event.submitter));
    } else {
      location.assign(next);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const button = form.querySelector(panel.setId === "" ? "[name=_addanother]" : "[name=_save]");
    if (button === null) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}

// Returns where to go next, or null when the form was refused.
async function saveNew(panel, submitter) {
  const { form } = panel;
  clearFaults(form);
  let answer;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      body: new FormData(form, submitter),
    });
    if (!(response.headers.get("Content-Type") ?? "").startsWith("application/json")) {
      throw new Failure(`The form was not taken (${response.status}). Are you still logged in? Look in another tab, then save again.`);
    }
    answer = await response.json();
  } catch (failure) {
    showNote(form, failure instanceof Failure ? failure.message : "The server does not answer; nothing was saved. Try again.");
    return null;
  }
  if (answer.errors !== undefined) {
    showFaults(form, answer.errors);
    return null;
  }
  panel.setId = String(answer.set);
  for (const item of panel.uploads.items) item.show();
  panel.uploads.next();
  return answer.next;
}

function showNote(form, text) {
  form.querySelector(".errornote")?.remove();
  const note = document.createElement("p");
  note.className = "errornote";
  note.setAttribute("role", "alert");
  note.textContent = text;
  form.prepend(note);
  note.scrollIntoView({ block: "center" });
}

function clearFaults(form) {
  for (const fault of form.querySelectorAll(".errornote, .errorlist")) fault.remove();
}

// As Django's admin shows them, but the files stay.
function showFaults(form, faults) {
  const { "": general = [], ...ofFields } = faults;
  showNote(form, ["Please correct what is marked.", ...general].join(" "));
  for (const [name, texts] of Object.entries(ofFields)) {
    const field = form.elements.namedItem(name);
    const element = field instanceof RadioNodeList ? field[0] : field;
    const list = document.createElement("ul");
    list.className = "errorlist";
    for (const text of texts) list.append(Object.assign(document.createElement("li"), { textContent: text }));
    const row = element?.closest(".flex-container") ?? element?.parentElement ?? part(form, "live");
    row.before(list);
    element?.closest("details")?.setAttribute("open", "");
  }
  form.elements.namedItem(Object.keys(ofFields)[0])?.focus?.();
}
