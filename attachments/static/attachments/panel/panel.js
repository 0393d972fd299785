// The whole panel: who takes care of what, and what the server says of it now.
import { fetchContents } from "./api.js";
import { Copier } from "./copier.js";
import { part, release } from "./dom.js";
import { takeIn } from "./intake.js";
import { List } from "./list.js";
import { Removed } from "./removed.js";
import { Saving } from "./saving.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const SHOWN_MS = 8000;

export class Panel {
  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.belongTo(root.dataset);
  }

  // The owner's set, and the URL of what the panel shows of it; blank before the owner is saved.
  belongTo({ set, contents }) {
    this.setId = String(set);
    this.contents = contents;
    for (const item of this.uploads?.items ?? []) item.show();
  }

  start() {
    // The window in which another form adds an owner closes itself once it is sent; the plain form does for it.
    // A form that was refused has what somebody put into it.
    const isRefused = this.root.dataset.bound !== "";
    if (isRefused || this.form?.elements.namedItem("_popup") || isBegun(this.root)) return;
    this.mayAdd = part(this.root, "chooser") !== null;
    this.uploads = new Uploads(this);
    this.viewer = new Viewer(this);
    this.copier = this.mayAdd ? new Copier(this) : null;
    this.removed = new Removed(this);
    this.list = new List(this);
    if (this.mayAdd) takeIn(this);
    if (this.form !== null) this.saving = new Saving(this);
    // Another tab, or somebody else, may have changed the set meanwhile.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.reload();
    });
    globalThis.addEventListener("pagehide", () => this.list.deleteDoomed());
    release(this.root);
    this.root.dataset.ready = "";
  }

  path(rest = "") {
    return this.root.dataset.sets.replace(/0$/, this.setId) + rest;
  }

  // Shown for a while; screen readers find it afterwards too.
  say(text) {
    const status = part(this.root, "status");
    status.textContent = text;
    status.classList.remove("visually-hidden");
    clearTimeout(this.hush);
    this.hush = setTimeout(() => status.classList.add("visually-hidden"), SHOWN_MS);
  }

  // One at a time, so that no older answer comes last; whoever asks while one waits gets that one.
  reload() {
    this.waiting ??= Promise.allSettled([this.loading]).then(() => {
      this.waiting = null;
      this.loading = this.load();
      return this.loading;
    });
    return this.waiting;
  }

  async load() {
    if (this.setId === "") return;
    let fresh;
    try {
      fresh = await fetchContents(this.contents);
    } catch {
      return; // The next action will say what is wrong.
    }
    this.removed.show(part(fresh, "removed"));
    this.list.show(part(fresh, "list"));
  }
}

// Whether somebody works with the plain form already.
function isBegun(root) {
  const isChanged = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  };
  const fields = [...root.querySelectorAll("[name]")];
  return fields.includes(document.activeElement) || fields.some(isChanged);
}
