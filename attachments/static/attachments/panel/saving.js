// Saving the page: a new owner is saved first, then its files are sent. Nothing typed, and no file, is lost.
import { OwnerForm } from "./owner_form.js";

// What may follow on each state, by what happens.
const STARTS = { create: "creating", send: "sending", submit: "submitting" };
const TRANSITIONS = {
  editing: STARTS,
  creating: { refuse: "refused", send: "sending" }, // A new owner is on its way to the server.
  refused: STARTS, // The form has faults.
  sending: { fail: "failed", leave: "leaving", submit: "submitting" }, // Its files are on their way.
  failed: { ...STARTS, settle: "editing" }, // Some of them could not be added.
  leaving: { ...STARTS, settle: "editing" }, // For the page that the server has named.
  submitting: { settle: "editing" }, // The browser itself sends the form.
};
// Until the next state the buttons wait, and say what for.
const WAITS = { creating: "Saving…", sending: "Saving once the files are sent." };

export class Saving {
  constructor(panel) {
    this.panel = panel;
    this.form = new OwnerForm(panel.form);
    this.state = "editing";
    this.saved = null; // Of a new owner: what was typed, where to go next, and its own page.
    this.told = new WeakSet(); // The failures that a note has pointed out.
    panel.uploads.onChange = () => this.settle();
    panel.form.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  change(event) {
    const next = TRANSITIONS[this.state][event];
    if (next === undefined) throw new Error(`Nothing follows on ${event} while ${this.state}.`);
    this.state = next;
    this.show();
  }

  show() {
    const { form, panel, saved, state } = this;
    const wait = WAITS[state] ?? "";
    panel.say(wait);
    form.showWait(wait, this.submitter);
    panel.uploads.isLeaving = state === "leaving" || state === "submitting";
    // Rows are not merged: those typed while the owner is saved could not be.
    form.hold(".inline-group", state === "creating" || saved !== null);
    form.hold("fieldset.module:not(.attachments)", saved?.change === null);
    if (state === "creating") form.clearFaults();
    if (state === "refused") form.showFaults(this.refusal);
    const begin = saved === null ? "" : "Saved, but not with every file. ";
    const failed = `${begin}Some files could not be added; each says why. Save once more to go on without them.`;
    form.showFilesNote(state === "failed" ? failed : "");
  }

  submit(event) {
    this.form.renewToken();
    if (this.state === "submitting") return;
    const hasFiles = this.panel.uploads.items.some((item) => item.state !== "known");
    if (this.saved === null && !hasFiles && !(this.state in WAITS)) {
      this.change("submit");
      return;
    }
    event.preventDefault();
    if (!(this.state in WAITS)) this.start(event.submitter);
  }

  async start(submitter) {
    this.submitter = submitter;
    if (this.panel.setId === "" && !(await this.create())) return;
    this.change("send");
    await this.panel.uploads.idle();
    this.finish();
  }

  // Returns whether the new owner was saved.
  async create() {
    const typed = this.form.typed(this.submitter);
    const data = new FormData(this.panel.form, this.submitter); // A button that is disabled would not be in it.
    this.change("create");
    const answer = await this.form.send(data);
    if (answer.errors !== undefined) {
      this.refusal = answer;
      this.change("refuse");
      return false;
    }
    this.saved = { ...answer, typed };
    this.panel.belongTo(answer);
    return true;
  }

  finish() {
    const { form, panel, saved, submitter, told } = this;
    const fresh = panel.uploads.failed.filter((item) => !told.has(item.failure));
    for (const item of fresh) told.add(item.failure);
    const isDone = saved !== null && (saved.change === null || saved.typed === form.typed(submitter));
    if (fresh.length === 0 && isDone) {
      this.change("leave");
      location.assign(saved.next);
      return;
    }
    if (saved !== null && saved.change !== null) form.becomePageOf(saved);
    if (fresh.length > 0) {
      this.change("fail");
      return;
    }
    this.change("submit");
    // Later: while the event of the button is still on its way, the browser ignores another one.
    setTimeout(() => panel.form.requestSubmit(submitter));
  }

  // The note is about files that are not there any more; or the page was not left after all, and there are new ones.
  settle() {
    const { failed, items } = this.panel.uploads;
    const isOver = this.state === "failed" ? failed.length === 0 : items.some((item) => item.isOpen);
    if (isOver && "settle" in TRANSITIONS[this.state]) this.change("settle");
  }

  key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const { form, setId } = this.panel;
    const button = form.querySelector(setId === "" ? "[name=_addanother]" : "[name=_save]");
    if (button === null) return;
    event.preventDefault();
    form.requestSubmit(button);
  }
}
