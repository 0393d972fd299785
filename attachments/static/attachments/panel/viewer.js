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

  // Telephones have no viewer for documents inside a page.
  canShow({ element, link }) {
    const { type } = element.dataset;
    return link.href !== "" && (type === "image" || (type === "pdf" && navigator.pdfViewerEnabled));
  }

  open(tile) {
    this.tiles = this.panel.list.ordered.filter((other) => this.canShow(other));
    this.show(this.tiles.indexOf(tile));
    this.dialog.showModal();
  }

  step(by) {
    this.show((this.place + by + this.tiles.length) % this.tiles.length);
  }

  show(place) {
    this.place = place;
    const { element, title, link } = this.tiles[place];
    const isDocument = element.dataset.type === "pdf";
    part(this.dialog, "viewer-title").textContent = title;
    part(this.dialog, "viewer-place").textContent = this.tiles.length > 1 ? `${place + 1} of ${this.tiles.length}` : "";
    part(this.dialog, "viewer-original").href = link.href;
    const content = document.createElement(isDocument ? "iframe" : "img");
    content.src = link.href;
    if (isDocument) content.title = title;
    else content.alt = title;
    part(this.dialog, "viewer-content").replaceChildren(content);
    for (const name of ["previous", "next"]) action(this.dialog, name).hidden = this.tiles.length < 2;
  }
}
