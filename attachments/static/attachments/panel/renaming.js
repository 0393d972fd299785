// A title that becomes a text field: Enter saves, Escape leaves it as it was.
import { call } from "./api.js";
import { action } from "./dom.js";

export class Renaming {
  constructor(tile) {
    this.tile = tile;
    this.button = action(tile.element, "rename");
    // The plain form's.
    this.input = tile.element.querySelector(".tile-rename");
    this.isEditing = this.isSaving = false;
    this.show(false);
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // Enter would send the page's form.
      event.stopPropagation();
      this.finish(event.key === "Enter");
    });
    // When the list is shown anew, the focus may be gone for a moment.
    this.input.addEventListener("blur", () => queueMicrotask(() => document.activeElement !== this.input && this.finish(true)));
  }

  show(isOpen) {
    this.input.hidden = !isOpen;
    this.button.hidden = isOpen;
  }

  open() {
    this.isEditing = true;
    this.input.value = this.tile.title;
    this.show(true);
    this.input.select();
    this.input.focus();
  }

  async finish(save) {
    if (!this.isEditing || this.isSaving) return;
    const title = this.input.value.trim();
    if (save && title !== "" && title !== this.tile.title) {
      this.isSaving = true;
      const isSaved = await this.tile.attempt(() => this.store(title));
      this.isSaving = false;
      if (!isSaved) return; // What was typed stays.
      this.tile.panel.say(`Renamed to “${title}”.`);
    }
    this.isEditing = false;
    const hadFocus = document.activeElement === this.input;
    this.show(false);
    if (hadFocus) this.button.focus();
  }

  async store(title) {
    await call("PATCH", this.tile.path(), { title });
    this.isEditing = false;
  }
}
