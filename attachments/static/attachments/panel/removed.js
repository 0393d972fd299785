// What was deleted or replaced a short while ago, and its way back. Without this script each row has a box to tick.
import { call } from "./api.js";
import { firstStop, onActions, part, release, showFailure } from "./dom.js";

export class Removed {
  constructor(panel) {
    this.panel = panel;
    this.html = this.element.outerHTML;
    onActions(panel.root, { restore: (_, button) => this.restore(button) });
  }

  get element() {
    return part(this.panel.root, "removed");
  }

  show(fresh) {
    if (fresh.outerHTML === this.html) return;
    this.html = fresh.outerHTML;
    release(fresh);
    fresh.open = this.element.open;
    this.element.replaceWith(fresh);
  }

  // Returns the attachment.
  async bringBack(id) {
    const restored = await call("POST", this.panel.path("/removed"), { removed_id: id, on_duplicate: "refuse" });
    this.panel.uploads.replaced.delete(restored.id);
    this.panel.say(`“${restored.title}” was restored.`);
    return restored;
  }

  async restore(button) {
    button.disabled = true;
    showFailure(this.element, null);
    try {
      const { id } = await this.bringBack(Number(button.dataset.removed));
      await this.panel.reload();
      const tile = this.panel.list.tiles.get(id);
      this.panel.list.reveal(tile);
      firstStop(tile?.element)?.focus();
    } catch (failure) {
      button.disabled = false;
      if (failure.code === "unknown_removed_attachment") await this.panel.reload();
      showFailure(this.element, failure);
    }
  }
}
