// The order of the tiles: by place and, where there are many, in sections by kind. Dragged, or moved by buttons.
import { call } from "./api.js";
import { action, part } from "./dom.js";

const MANY = 12;
// A longer section is closed until somebody opens it.
const OPEN = 8;
const TYPE = "application/x-attachment";

export class Arrangement {
  constructor(panel) {
    this.panel = panel;
    this.kinds = JSON.parse(panel.root.dataset.kinds);
    this.headings = new Map();
    this.chosen = new Map();
    if (panel.may.has("change")) this.watchDrag();
  }

  // All tiles, in the order of the set.
  get ordered() {
    return [...this.panel.tiles.values()].toSorted(
      (one, other) => one.data.position - other.data.position || one.data.id - other.data.id,
    );
  }

  show() {
    const tiles = this.ordered;
    const wanted = tiles.length > MANY ? this.sections(tiles) : tiles.map((tile) => tile.element);
    if (tiles.length <= MANY) {
      for (const heading of this.headings.values()) heading.remove();
      for (const tile of tiles) tile.element.hidden = false;
    }
    const { list } = this.panel;
    const present = [...list.children].filter((element) => !element.classList.contains("tile-upload"));
    if (present.length !== wanted.length || wanted.some((element, place) => element !== present[place])) {
      const focused = document.activeElement;
      list.prepend(...wanted);
      if (list.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.showButtons(tiles);
  }

  sections(tiles) {
    const wanted = [];
    for (const [kind, , title] of this.kinds) {
      const some = tiles.filter((tile) => tile.data.kind === kind);
      const heading = this.heading(kind);
      if (some.length === 0) {
        heading.remove();
        continue;
      }
      const isOpen = this.chosen.get(kind) ?? some.length <= OPEN;
      const button = heading.firstElementChild;
      button.textContent = `${title} · ${some.length}`;
      button.setAttribute("aria-expanded", String(isOpen));
      for (const tile of some) tile.element.hidden = !isOpen;
      wanted.push(heading, ...some.map((tile) => tile.element));
    }
    return wanted;
  }

  heading(kind) {
    let heading = this.headings.get(kind);
    if (heading === undefined) {
      heading = document.createElement("li");
      heading.className = "tile-section";
      const button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", () => {
        this.chosen.set(kind, button.getAttribute("aria-expanded") !== "true");
        this.show();
      });
      heading.append(button);
      this.headings.set(kind, heading);
    }
    return heading;
  }

  // Whoever adds or looks for something wants to see it.
  reveal(tile) {
    this.chosen.set(tile.data.kind, true);
    this.show();
  }

  // Those beside which a tile stands.
  neighbours(tile, tiles = this.ordered) {
    const isMany = tiles.length > MANY;
    return tiles.filter((other) => !isMany || other.data.kind === tile.data.kind);
  }

  showButtons(tiles) {
    for (const tile of tiles) {
      const beside = this.neighbours(tile, tiles);
      const place = beside.indexOf(tile);
      const [earlier, later] = ["earlier", "later"].map((name) => action(tile.element, name));
      if (earlier === null) return;
      earlier.disabled = place === 0;
      later.disabled = place === beside.length - 1;
    }
  }

  step(tile, by) {
    const beside = this.neighbours(tile);
    const other = beside[beside.indexOf(tile) + by];
    return other === undefined ? Promise.resolve() : this.move(tile, this.ordered.indexOf(other));
  }

  async move(tile, position) {
    if (this.ordered.indexOf(tile) === position) return;
    const focused = document.activeElement;
    const isMoved = await tile.attempt(() => call("PATCH", tile.path(), { position }));
    if (!isMoved) return;
    await this.panel.reload();
    if (tile.element.contains(focused) && focused.disabled) action(tile.element, "view").focus();
    this.panel.say(`“${tile.data.title}” is number ${this.ordered.indexOf(tile) + 1} of ${this.panel.tiles.size} now.`);
  }

  watchDrag() {
    const { list } = this.panel;
    list.addEventListener("dragstart", (event) => {
      const tile = this.tileOf(event.target);
      if (tile === undefined || event.target.closest?.("input, select") !== null) return;
      event.dataTransfer.clearData();
      event.dataTransfer.setData(TYPE, String(tile.data.id));
      event.dataTransfer.effectAllowed = "move";
      this.dragged = tile;
    });
    list.addEventListener("dragover", (event) => {
      if (this.dragged === undefined) return;
      event.preventDefault();
      this.mark(this.target(event));
    });
    list.addEventListener("drop", (event) => {
      if (this.dragged === undefined) return;
      event.preventDefault();
      const found = this.target(event);
      const { dragged } = this;
      this.end();
      if (found !== null) this.drop(dragged, found);
    });
    list.addEventListener("dragend", () => this.end());
  }

  tileOf(element) {
    const found = element.closest?.(".tile") ?? null;
    return [...this.panel.tiles.values()].find((tile) => tile.element === found);
  }

  // The tile under the pointer, and on which side of it the dragged one would go.
  target(event) {
    const tile = this.tileOf(event.target);
    // Where there are sections, a tile stays in its own: what it is for is chosen in its list.
    if (tile === this.dragged || !this.neighbours(this.dragged).includes(tile)) return null;
    const { left, width } = tile.element.getBoundingClientRect();
    return { tile, isAfter: event.clientX > left + width / 2 };
  }

  mark(found) {
    this.unmark();
    if (found !== null) found.tile.element.classList.add(found.isAfter ? "tile-drop-after" : "tile-drop-before");
  }

  unmark() {
    for (const tile of this.panel.tiles.values()) tile.element.classList.remove("tile-drop-after", "tile-drop-before");
  }

  drop(tile, { tile: other, isAfter }) {
    const rest = this.ordered.filter((one) => one !== tile);
    return this.move(tile, rest.indexOf(other) + (isAfter ? 1 : 0));
  }

  end() {
    this.dragged = undefined;
    this.unmark();
  }
}

// Whether it is a tile of this page that is dragged, and no file.
export function isTile(event) {
  return event.dataTransfer?.types.includes(TYPE) ?? false;
}

export async function chooseKind(tile) {
  const select = part(tile.element, "kind");
  const isChanged = await tile.attempt(async () => {
    tile.update(await call("PATCH", tile.path(), { kind: select.value }));
  });
  if (!isChanged) select.value = tile.data.kind;
  tile.panel.arrangement.reveal(tile);
  if (isChanged) tile.panel.say(`“${tile.data.title}” is of the kind ${select.selectedOptions[0].textContent.trim()} now.`);
}
