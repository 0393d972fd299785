// The whole panel: which attachments there are, and who takes care of what.
import { call } from "./api.js";
import { Arrangement } from "./arrangement.js";
import { Copier } from "./copier.js";
import { action, firstButton, part } from "./dom.js";
import { takeIn } from "./intake.js";
import { Removed } from "./removed.js";
import { watchForm } from "./saving.js";
import { Tile } from "./tile.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const SHOWN_MS = 8000;

export class Panel {
  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.list = part(root, "tiles");
    this.setId = root.dataset.set;
    this.may = new Set(root.dataset.may.split(" "));
    this.coverId = null;
    this.tiles = new Map();
    this.shared = new Map();
    this.arrangement = new Arrangement(this);
  }

  async start() {
    // The window in which another form adds an owner closes itself once it is sent; the plain form does for it.
    if (this.form?.elements.namedItem("_popup")) return;
    if (this.setId !== "") {
      try {
        this.show(await call("GET", this.path()));
      } catch {
        return; // The plain form stays.
      }
    }
    const plain = part(this.root, "plain");
    if (plain.contains(document.activeElement) || isBegun(plain)) return;
    plain.remove();
    this.uploads = new Uploads(this);
    this.viewer = new Viewer(this);
    this.copier = this.may.has("add") ? new Copier(this) : null;
    this.removed = new Removed(this);
    part(this.root, "live").hidden = false;
    if (this.may.has("add")) takeIn(this);
    if (this.form !== null) watchForm(this);
    // Another tab, or somebody else, may have changed the set meanwhile.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.reload();
    });
    globalThis.addEventListener("pagehide", () => this.deleteDoomed());
    this.root.dataset.ready = "";
    await this.loadShared();
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

  show(set) {
    this.coverId = set.cover_attachment_id;
    const present = new Set(set.attachments.map((attachment) => attachment.id));
    for (const [id, tile] of this.tiles) {
      if (!present.has(id)) this.forget(tile);
    }
    for (const attachment of set.attachments) this.put(attachment);
    this.updateAll();
  }

  // Show the attachment, in a tile that is there or in a new one, before this element or after all other tiles.
  put(attachment, before = this.afterTiles()) {
    let tile = this.tiles.get(attachment.id);
    if (tile === undefined) {
      tile = new Tile(this, attachment);
      this.tiles.set(attachment.id, tile);
      this.list.insertBefore(tile.element, before);
    } else {
      tile.update(attachment);
    }
    this.updateAll();
    return tile;
  }

  afterTiles() {
    const last = [...this.tiles.values()].at(-1);
    return last === undefined ? this.list.firstElementChild : last.element.nextElementSibling;
  }

  // Out of the list. Whoever was on it goes on from its neighbour, not from the top of the page.
  take(element, heir = element.nextElementSibling ?? element.previousElementSibling) {
    const hadFocus = element.contains(document.activeElement);
    element.remove();
    if (hadFocus) (firstButton(heir) ?? action(this.root, "choose"))?.focus();
  }

  forget(tile) {
    tile.deletion?.stop();
    this.take(tile.element);
    this.tiles.delete(tile.data.id);
    this.updateAll();
  }

  updateAll() {
    for (const tile of this.tiles.values()) {
      tile.showCover(tile.data.id === this.coverId);
      tile.showElsewhere(this.shared.get(tile.data.id));
    }
    this.arrangement.show();
    part(this.root, "none").hidden = this.list.childElementCount > 0;
  }

  async reload() {
    if (this.setId === "") return;
    try {
      this.show(await call("GET", this.path()));
    } catch {
      return; // The next action will say what is wrong.
    }
    await Promise.all([this.loadShared(), this.removed.load()]);
  }

  async loadShared() {
    if (this.setId === "") return;
    try {
      const rows = await call("GET", this.path("/shared"));
      this.shared = new Map(rows.map((row) => [row.attachment_id, row]));
    } catch {
      return; // Only an extra line is missing.
    }
    this.updateAll();
  }

  async chooseCover(id) {
    const cover = await call("PUT", this.path("/cover"), { attachment_id: id });
    this.coverId = cover.cover_attachment_id;
    this.updateAll();
  }

  // The page is left: what waits for its ten seconds is deleted now.
  deleteDoomed() {
    for (const tile of this.tiles.values()) tile.deletion?.now();
  }
}

function isBegun(plain) {
  const isTicked = (input) => input.type === "checkbox" || input.type === "radio";
  const isChosen = (select) => [...select.options].some((option) => option.selected !== option.defaultSelected);
  return (
    [...plain.querySelectorAll("select")].some(isChosen) ||
    [...plain.querySelectorAll("input")].some((input) =>
      isTicked(input) ? input.checked !== input.defaultChecked : input.value !== input.defaultValue,
    )
  );
}
