// One attachment, and what can be done with it.
import { call } from "./api.js";
import { chooseKind } from "./arrangement.js";
import { Deletion } from "./deletion.js";
import { action, fromTemplate, humanSize, onActions, part, showFailure, showText } from "./dom.js";
import { rename } from "./renaming.js";

export const KINDS = { image: "image", pdf: "PDF", url: "link", file: "file" };

export class Tile {
  constructor(panel, data) {
    this.panel = panel;
    this.deletion = null;
    this.element = fromTemplate(panel.root, "tile");
    onActions(this.element, {
      view: () => this.view(),
      rename: () => rename(this),
      cover: () => this.attempt(() => this.toggleCover()),
      earlier: () => panel.arrangement.step(this, -1),
      later: () => panel.arrangement.step(this, 1),
      copy: () => panel.copier.open(this),
      replace: () => this.chooseReplacement(),
      delete: () => this.delete(),
      undo: () => this.deletion?.undo(),
      "undo-replace": () => this.attempt(() => panel.removed.bringBack(this.fileBefore.id)),
    });
    this.element.addEventListener("keydown", (event) => this.key(event));
    if (panel.may.has("change")) {
      this.element.draggable = true;
      part(this.element, "kind").addEventListener("change", () => chooseKind(this));
    }
    this.update(data);
  }

  // A link leads to its page; what is stored of it is only a picture.
  get isViewable() {
    return this.data.attachment_url !== null && !["url", "file"].includes(this.data.attachment_type);
  }

  // No browser may look into it: it is saved.
  get isDownload() {
    return this.data.attachment_type === "file" && this.data.download_url !== null;
  }

  get address() {
    // Old rows hold whatever was typed, `javascript:` included.
    return /^https?:\/\//i.test(this.data.url ?? "") ? this.data.url : null;
  }

  update(data) {
    if (this.data !== undefined && this.data.sha256 !== data.sha256) action(this.element, "undo-replace")?.setAttribute("hidden", "");
    this.data = data;
    const picture = part(this.element, "picture");
    picture.hidden = data.preview_url === null;
    if (data.preview_url !== null && picture.getAttribute("src") !== data.preview_url) picture.src = data.preview_url;
    picture.alt = data.title;
    const missing = part(this.element, "no-picture");
    missing.hidden = !picture.hidden;
    missing.textContent = data.attachment_type === "url" ? "↗" : "?";
    if (this.element.querySelector("input[data-part=title]") === null) part(this.element, "title").textContent = data.title;
    const kind = part(this.element, "kind");
    if (kind !== null) {
      kind.value = data.kind;
      kind.setAttribute("aria-label", `Kind of ${data.title}`);
    }
    const facts = [KINDS[data.attachment_type], data.created_at.slice(0, 10)];
    if (data.file_size !== null) facts.splice(1, 0, humanSize(data.file_size));
    part(this.element, "facts").textContent = facts.join(" · ");
    action(this.element, "view").setAttribute("aria-label", `${this.isDownload ? "Download" : "View"} ${data.title}`);
    action(this.element, "view").disabled = !this.isViewable && !this.isDownload && this.address === null;
    this.element.classList.toggle("tile-file", this.isDownload);
    const source = part(this.element, "source");
    source.hidden = this.address === null || data.attachment_type === "url";
    if (!source.hidden) source.href = this.address;
    const download = part(this.element, "download");
    download.hidden = data.download_url === null;
    if (data.download_url !== null) download.href = data.download_url;
    const replace = action(this.element, "replace");
    if (replace !== null) replace.hidden = data.attachment_type === "url";
    const cover = action(this.element, "cover");
    if (cover !== null) cover.hidden = data.thumbnail_url === null;
    for (const control of this.element.querySelectorAll("[data-label]")) {
      control.title = control.dataset.label;
      control.setAttribute("aria-label", `${control.dataset.label}: ${data.title}`);
    }
  }

  showCover(isCover) {
    this.element.classList.toggle("tile-cover", isCover);
    part(this.element, "badge").hidden = !isCover;
    action(this.element, "cover")?.setAttribute("aria-pressed", String(isCover));
  }

  showElsewhere(row) {
    const line = part(this.element, "elsewhere");
    line.hidden = row === undefined;
    if (row === undefined) return;
    line.replaceChildren("Also in ");
    row.owners.forEach((owner, index) => {
      const name = document.createElement(owner.admin_url === null ? "span" : "a");
      name.textContent = owner.name;
      if (owner.admin_url !== null) name.href = owner.admin_url;
      line.append(index > 0 ? ", " : "", name);
    });
    if (row.more) line.append(" and more");
  }

  // What a person would not expect, such as that only the link was kept.
  showNotice(text) {
    showText(part(this.element, "notice"), text ?? "");
  }

  // For as long as the page is open; afterwards it is under what was recently removed.
  offerOldFile() {
    this.fileBefore = this.panel.removed.fileBefore(this.data.id);
    const undo = action(this.element, "undo-replace");
    if (undo !== null) undo.hidden = this.fileBefore === undefined;
  }

  // Do it, or say on the tile why it failed.
  async attempt(what) {
    showFailure(this.element, null);
    try {
      await what();
      return true;
    } catch (failure) {
      if (failure.code === "unknown_attachment" || failure.code === "unknown_attachment_set") {
        this.panel.say(`“${this.data.title}” was deleted by somebody else.`);
        this.panel.forget(this);
        this.panel.reload();
      } else {
        showFailure(this.element, failure);
      }
      return false;
    }
  }

  path(rest = "") {
    return this.panel.path(`/attachments/${this.data.id}${rest}`);
  }

  view() {
    if (this.isViewable) this.panel.viewer.open(this);
    else if (this.isDownload) part(this.element, "download").click();
    else if (this.address !== null) globalThis.open(this.address, "_blank", "noopener,noreferrer");
  }

  async toggleCover() {
    const chosen = this.panel.coverId === this.data.id ? null : this.data.id;
    await this.panel.chooseCover(chosen);
    this.panel.say(chosen === null ? "There is no cover now." : `“${this.data.title}” is the cover now.`);
  }

  chooseReplacement() {
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => {
      if (input.files.length > 0) this.panel.uploads.replace(this, input.files[0]);
    });
    input.click();
  }

  delete() {
    this.deletion = new Deletion(this, (keepalive) => call("DELETE", this.path(), undefined, { keepalive }));
  }

  key(event) {
    if (event.target !== action(this.element, "view")) return;
    if (event.key === "F2" && this.panel.may.has("change")) rename(this);
    else if (event.key === "Delete" && this.panel.may.has("delete")) this.delete();
    else return;
    event.preventDefault();
  }
}
