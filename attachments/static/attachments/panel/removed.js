// What was deleted or replaced a short while ago, and its way back. Without this script each row has a box to tick.
import { call } from "./api.js";
import { action, firstButton, fromTemplate, humanSize, onActions, part, showFailure } from "./dom.js";
import { KINDS } from "./tile.js";

// As many as the page shows without this script.
const SHOWN = 50;

export class Removed {
  constructor(panel) {
    this.panel = panel;
    this.box = part(panel.root, "removed");
    this.list = part(this.box, "removed-rows");
    this.rows = [];
    onActions(this.box, { restore: (_, button) => this.restore(button) });
    if (!this.box.hidden) this.load();
  }

  async load() {
    try {
      this.rows = await call("GET", this.panel.path(`/removed?limit=${SHOWN}`));
    } catch {
      return; // The next action will say what is wrong.
    }
    this.list.replaceChildren(...this.rows.map((data) => this.row(data)));
    part(this.box, "removed-count").textContent = this.rows.length;
    this.box.hidden = this.rows.length === 0;
  }

  row(data) {
    const row = fromTemplate(this.box, "removed");
    const picture = part(row, "picture");
    picture.hidden = data.preview_url === null;
    part(row, "no-picture").hidden = !picture.hidden;
    if (data.preview_url !== null) picture.src = data.preview_url;
    part(row, "title").textContent = data.title;
    const size = data.file_size === null ? [] : [humanSize(data.file_size)];
    const removed = `${data.was_replaced ? "replaced" : "deleted"} ${data.removed_at.slice(0, 10)}`;
    const facts = [KINDS[data.attachment_type], ...size, removed, `kept until ${data.expires_at.slice(0, 10)}`];
    part(row, "facts").textContent = facts.join(" · ");
    const download = part(row, "download");
    download.hidden = data.download_url === null;
    if (data.download_url !== null) download.href = data.download_url;
    download.setAttribute("aria-label", `Download ${data.title}`);
    const button = action(row, "restore");
    if (button !== null) {
      button.hidden = false;
      button.dataset.id = data.id;
      button.setAttribute("aria-label", `Restore ${data.title}`);
    }
    return row;
  }

  // The file that the attachment had before its last replacement.
  fileBefore(attachmentId) {
    return this.rows.find((row) => row.attachment_id === attachmentId && row.was_replaced);
  }

  async bringBack(id) {
    const restored = await call("POST", this.panel.path("/removed"), { removed_id: id, on_duplicate: "refuse" });
    await this.panel.reload();
    this.panel.say(`“${restored.title}” was restored.`);
    firstButton(this.panel.tiles.get(restored.id)?.element)?.focus();
  }

  async restore(button) {
    button.disabled = true;
    showFailure(this.box, null);
    try {
      await this.bringBack(Number(button.dataset.id));
    } catch (failure) {
      button.disabled = false;
      showFailure(this.box, failure);
      if (failure.code === "unknown_removed_attachment") await this.load();
    }
  }
}
