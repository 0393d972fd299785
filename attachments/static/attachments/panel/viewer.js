// Pictures and documents, large, one after the other.
import { action, onActions, part } from "./dom.js";

export class Viewer {
  constructor(panel) {
    this.panel = panel;
    this.dialog = part(panel.root, "viewer");
    onActions(this.dialog, {
      close: () => this.dialog.close(),
      previous: () => this.step(-1),
      next: () => this.step(1),
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.step(-1);
      else if (event.key === "ArrowRight") this.step(1);
      else return;
      event.preventDefault();
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => part(this.dialog, "viewer-content").replaceChildren());
  }

  open(tile) {
    // Telephones have no viewer for documents inside a page.
    if (isDocument(tile) && !navigator.pdfViewerEnabled) {
      globalThis.open(tile.data.attachment_url, "_blank", "noopener");
      return;
    }
    this.tiles = [...this.panel.tiles.values()].filter(
      (other) => other.isViewable && (navigator.pdfViewerEnabled || !isDocument(other)),
    );
    this.show(this.tiles.indexOf(tile));
    this.dialog.showModal();
  }

  step(by) {
    this.show((this.place + by + this.tiles.length) % this.tiles.length);
  }

  show(place) {
    this.place = place;
    const tile = this.tiles[place];
    const { title, attachment_url: address } = tile.data;
    part(this.dialog, "viewer-title").textContent = title;
    part(this.dialog, "viewer-place").textContent = this.tiles.length > 1 ? `${place + 1} of ${this.tiles.length}` : "";
    part(this.dialog, "viewer-original").href = address;
    const content = document.createElement(isDocument(tile) ? "iframe" : "img");
    content.src = address;
    if (isDocument(tile)) content.title = title;
    else content.alt = title;
    part(this.dialog, "viewer-content").replaceChildren(content);
    for (const name of ["previous", "next"]) action(this.dialog, name).hidden = this.tiles.length < 2;
  }
}

function isDocument(tile) {
  return tile.data.content_type === "application/pdf";
}
