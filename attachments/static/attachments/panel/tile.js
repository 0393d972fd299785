// One attachment of the list, and what can be done with it.
import { call } from "./api.js";
import { chooseKind, step } from "./arrangement.js";
import { Deletion } from "./deletion.js";
import { action, onActions, part, release, showFailure, showText } from "./dom.js";
import { Renaming } from "./renaming.js";

export class Tile {
  constructor(panel, element) {
    this.panel = panel;
    this.element = element;
    this.html = element.outerHTML;
    release(element);
    this.deletion = null;
    this.renaming = action(element, "rename") === null ? null : new Renaming(this);
    this.watch();
    element.draggable = this.kind !== null;
    showText(part(element, "notice"), panel.uploads.notices.get(this.id) ?? "");
    const undo = action(element, "undo-replace");
    if (undo !== null) undo.hidden = !panel.uploads.replaced.has(this.id);
  }

  watch() {
    const { element, panel } = this;
    onActions(element, {
      view: (event) => this.view(event),
      rename: () => this.renaming.open(),
      cover: (_, button) => this.toggleCover(button),
      earlier: () => step(this, "previousElementSibling"),
      later: () => step(this, "nextElementSibling"),
      copy: (event) => {
        event.preventDefault();
        panel.copier.open(this);
      },
      replace: () => this.replacement.click(),
      delete: () => this.delete(),
      undo: () => this.deletion?.undo(),
      "undo-replace": (_, button) => this.attempt(() => panel.removed.bringBack(Number(button.dataset.removed))),
    });
    element.addEventListener("keydown", (event) => this.key(event));
    this.kind?.addEventListener("change", () => chooseKind(this));
    this.replacement?.addEventListener("change", ({ target }) => {
      if (target.files.length > 0) panel.uploads.replace(this, target.files[0]);
      target.value = ""; // The same file may be chosen again.
    });
  }

  get id() {
    return Number(this.element.dataset.id);
  }

  get title() {
    return this.element.dataset.title;
  }

  get position() {
    return Number(this.element.dataset.position);
  }

  get kind() {
    return this.element.querySelector("select");
  }

  get replacement() {
    return this.element.querySelector("input[type=file]");
  }

  get link() {
    return action(this.element, "view");
  }

  // Somebody is at it: it stays as it is, whatever the server says.
  get isBusy() {
    return this.deletion !== null || (this.renaming?.isEditing ?? false);
  }

  // Do it and show what has become of it, or say on the tile why it failed.
  async attempt(what) {
    showFailure(this.element, null);
    try {
      await what();
    } catch (failure) {
      if (failure.code === "unknown_attachment" || failure.code === "unknown_attachment_set") {
        this.panel.say(`“${this.title}” was deleted by somebody else.`);
        await this.panel.reload();
      } else {
        showFailure(this.element, failure);
      }
      return false;
    }
    await this.panel.reload();
    return true;
  }

  path(rest = "") {
    return this.panel.path(`/attachments/${this.id}${rest}`);
  }

  // Pages, files to save, and documents on a telephone are the browser's.
  view(event) {
    if (!this.panel.viewer.canShow(this)) return;
    event.preventDefault();
    this.panel.viewer.open(this);
  }

  async toggleCover(button) {
    const isCover = button.getAttribute("aria-pressed") === "true";
    const chosen = isCover ? null : this.id;
    const isChosen = await this.attempt(() => call("PUT", this.panel.path("/cover"), { attachment_id: chosen }));
    if (isChosen) this.panel.say(isCover ? "There is no cover now." : `“${this.title}” is the cover now.`);
  }

  delete() {
    this.deletion ??= new Deletion(this, () => call("DELETE", this.path(), undefined, { keepalive: true }));
  }

  key(event) {
    if (event.target !== this.link) return;
    const button = action(this.element, { F2: "rename", Delete: "delete" }[event.key]);
    if (button === null) return;
    event.preventDefault();
    button.click();
  }
}
