// The page's own form: what is typed in it, how it is sent, and what stands above it.
import { token } from "./api.js";
import { part } from "./dom.js";

export class OwnerForm {
  constructor(element) {
    this.element = element;
  }

  // To be compared.
  typed(submitter) {
    return JSON.stringify([...new FormData(this.element), submitter?.name]);
  }

  // Another one after a login in another tab.
  renewToken() {
    this.element.elements.namedItem("csrfmiddlewaretoken").value = token();
  }

  // Returns what the server says of what was saved, or `errors` by the names of fields.
  async send(data) {
    const refuse = (text) => ({ errors: { "": [text] } });
    try {
      const response = await fetch(this.element.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        body: data,
      });
      if ((response.headers.get("Content-Type") ?? "").startsWith("application/json")) return await response.json();
      return refuse(`The form was not taken (${response.status}). Are you still logged in? Look in another tab, then save again.`);
    } catch {
      return refuse("The server does not answer; nothing was saved. Try again.");
    }
  }

  // The buttons wait, and what for stands above them.
  showWait(text, submitter) {
    for (const row of this.element.querySelectorAll(".submit-row")) {
      for (const button of row.querySelectorAll("[type=submit]")) button.disabled = text !== "";
      row.querySelector(".submit-wait")?.remove();
      if (text !== "") row.prepend(paragraph("submit-wait", text));
    }
    if (text === "" && document.activeElement === document.body) submitter?.focus({ preventScroll: true });
  }

  hold(selector, isHeld) {
    for (const element of this.element.querySelectorAll(selector)) element.inert = isHeld;
  }

  // From now on this is the page of what was saved: its fields go there, and a reload shows it. Its rows are saved
  // already and are left out, or they would be added once more.
  becomePageOf({ change, seen }) {
    if (this.element.getAttribute("action") === change) return;
    this.element.setAttribute("action", change);
    history.replaceState(null, "", change);
    // Changes of others that come after this one are told of.
    this.element.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_seen_change", value: seen }));
    for (const group of this.element.querySelectorAll(".inline-group")) {
      group.before(paragraph("help", "Saved. To change these rows, save and continue editing."));
    }
    for (const field of this.element.querySelectorAll(".inline-group [name]")) {
      if (/-(TOTAL|INITIAL)_FORMS$/.test(field.name)) field.value = "0";
      else field.disabled = true;
    }
  }

  showFilesNote(text) {
    this.element.querySelector("[data-note=files]")?.remove();
    if (text !== "") this.showNote(text).dataset.note = "files";
  }

  showNote(text) {
    this.element.querySelector(".errornote")?.remove();
    const note = paragraph("errornote", text);
    note.setAttribute("role", "alert");
    this.element.prepend(note);
    note.scrollIntoView({ block: "center" });
    return note;
  }

  clearFaults() {
    for (const fault of this.element.querySelectorAll(".errornote, .errorlist")) fault.remove();
  }

  // As Django's admin shows them, but the files stay. `saved` is where the form was saved before.
  showFaults({ errors, saved }) {
    const { "": general = [], ...ofFields } = errors;
    const names = Object.keys(ofFields);
    const note = this.showNote([...(names.length > 0 ? ["Please correct what is marked."] : []), ...general].join(" "));
    if (saved) note.append(" ", Object.assign(document.createElement("a"), { href: saved, textContent: "Open it" }));
    for (const name of names) this.showFault(name, ofFields[name]);
    this.element.elements.namedItem(names[0])?.focus?.();
  }

  showFault(name, texts) {
    const field = this.element.elements.namedItem(name);
    const element = field instanceof RadioNodeList ? field[0] : field;
    const list = Object.assign(document.createElement("ul"), { className: "errorlist" });
    for (const text of texts) list.append(Object.assign(document.createElement("li"), { textContent: text }));
    (element?.closest(".flex-container") ?? element?.parentElement ?? part(this.element, "list")).before(list);
    element?.closest("details")?.setAttribute("open", "");
  }
}

function paragraph(className, text) {
  return Object.assign(document.createElement("p"), { className, textContent: text });
}
